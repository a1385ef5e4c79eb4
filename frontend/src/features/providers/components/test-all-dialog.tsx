import { useQueries } from '@tanstack/react-query'
import { Button, Modal } from 'antd'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Link } from 'react-router'
import { useTenantSlug } from '../../../api/session'
import { problemSentence } from '../../../ui/problem-text'
import { StatusIcon } from '../../../ui/status-tag'
import { testRunQuery } from '../queries'
import type { Provider, TestReport } from '../types'

interface Props {
  rows: Provider[]
  href: (row: Provider) => string
  onClose: () => void
}

/** So many at once: a test is a handful of real calls. */
const AT_ONCE = 3
const WIDTH_PX = 640

/** Every back-end of one's own, a few at a time; the list fills as they answer. */
export function TestAllDialog({ rows, href, onClose }: Props) {
  const { t } = useTranslation()
  const tenant = useTenantSlug()
  const [run] = useState(() => Date.now())
  const [tested] = useState(rows)
  const [started, setStarted] = useState(AT_ONCE)
  const runs = useQueries({
    queries: tested.map((row, place) => ({
      ...testRunQuery(tenant, { provider: row.id, run }),
      enabled: place < started,
    })),
  })
  const ended = runs.filter(({ isSuccess, isError }) => isSuccess || isError).length
  if (ended + AT_ONCE > started && started < tested.length) setStarted(ended + AT_ONCE)
  const passed = runs.filter(({ data }) => data?.ok).length
  const isRunning = ended < tested.length
  return (
    <Modal open width={WIDTH_PX} footer={null} closable={false} className="confirm" onCancel={onClose}>
      <h2 className="dialog-title">{t('providers:test_all.title', { count: tested.length })}</h2>
      <p className="muted" role="status">
        {isRunning
          ? t('providers:test_all.running', { done: ended, all: tested.length })
          : t('providers:test_all.done', { passed, all: tested.length })}
      </p>
      <ul className="plain-list bare test-all">
        {tested.map((row, place) => {
          const result = runs[place]
          return (
            <li key={row.id}>
              <Outcome report={result?.data} error={result?.error} />
              <Link className="link-cell clip" to={href(row)}>
                {row.name}
              </Link>
              <span className="grow" />
              <Told report={result?.data} error={result?.error} />
            </li>
          )
        })}
      </ul>
      <div className="dialog-foot">
        <Button type="primary" onClick={onClose}>
          {t('common:done')}
        </Button>
      </div>
    </Modal>
  )
}

interface OutcomeProps {
  report: TestReport | undefined
  error: unknown
}

function Outcome({ report, error }: OutcomeProps) {
  if (error) return <StatusIcon status="down" />
  if (!report) return <StatusIcon status="pending" />
  return <StatusIcon status={report.ok ? 'ok' : 'down'} />
}

function Told({ report, error }: OutcomeProps) {
  const { t } = useTranslation()
  if (error) return <span className="muted clip">{problemSentence(error, t)}</span>
  if (!report) return <span className="muted">{t('providers:test.waiting')}</span>
  const failed = report.steps.find((step) => step.ok === false)
  const text = failed
    ? failed.detail || failed.hint
    : t('providers:card.models', { count: report.models.length })
  return (
    <span className="muted clip" title={text}>
      {text}
    </span>
  )
}
