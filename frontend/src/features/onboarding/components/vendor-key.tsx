import { useMutation, useQuery } from '@tanstack/react-query'
import { Button, Form, Input, Select } from 'antd'
import { useEffect, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { choices, guess, kindsQuery, presetsQuery } from '../../../api/vendors'
import { problemSentence } from '../../../ui/problem-text'
import { StatusTag } from '../../../ui/status-tag'
import { chatModel, MOCK_MODEL, onlyOne } from '../first-run'
import { connectMutation, tryVendorMutation } from '../queries'

interface Props {
  isBusy: boolean
  onConnected: (model: string) => void
}

const TYPED_MS = 600
const SHORTEST_KEY = 12

/** A vendor's key: its prefix names the vendor, a pause in typing tests it. */
export function VendorKey({ isBusy, onConnected }: Props) {
  const { t } = useTranslation()
  const { data: kinds } = useQuery(kindsQuery)
  const { data: presets } = useQuery(presetsQuery)
  const [secret, setSecret] = useState('')
  const [chosen, setChosen] = useState<string | null>(null)
  const all = choices(kinds ?? [], presets ?? []).filter(({ source }) => source !== undefined)
  const key = secret.trim()
  const guessed = onlyOne(guess(all, key))
  const choice = guessed ?? all.find(({ id }) => id === chosen) ?? null
  const { mutate: test, ...tested } = useMutation(tryVendorMutation)
  const connect = useMutation({
    ...connectMutation,
    onSuccess: (_, { models }) => onConnected(chatModel(models) ?? MOCK_MODEL),
  })
  const isReady = choice !== null && key.length >= SHORTEST_KEY
  const subject = isReady ? `${choice.id} ${key}` : null
  const about = tested.variables ? `${tested.variables.choice.id} ${tested.variables.secret}` : null
  const report = about === subject ? tested.data : undefined
  useEffect(() => {
    if (!isReady || about === subject) return
    const timer = window.setTimeout(() => test({ choice, secret: key }), TYPED_MS)
    return () => window.clearTimeout(timer)
  }, [isReady, about, subject, choice, key, test])
  const failed = report?.steps.find((step) => step.ok === false)
  return (
    <Form layout="vertical" requiredMark={false}>
      <Form.Item
        label={t('onboarding:connect.key')}
        htmlFor="vendor-key"
        extra={t('onboarding:connect.key_hint')}
        className="entry-field"
      >
        <Input.Password
          id="vendor-key"
          className="mono-text"
          autoComplete="off"
          value={secret}
          onChange={(event) => setSecret(event.target.value)}
        />
      </Form.Item>
      {key !== '' && !guessed && (
        <Form.Item label={t('onboarding:connect.vendor')} htmlFor="vendor" className="entry-field">
          <Select
            id="vendor"
            showSearch={{ optionFilterProp: 'label' }}
            placeholder={t('onboarding:connect.vendor_hint')}
            value={chosen}
            options={all.map(({ id, label }) => ({ value: id, label }))}
            onChange={setChosen}
          />
        </Form.Item>
      )}
      <p className="vendor-verdict" role="status">
        {isReady && (
          <Verdict name={choice.label} report={report} isBusy={about === subject && tested.isPending} />
        )}
      </p>
      {failed && <p className="muted small">{[failed.detail, failed.hint].filter(Boolean).join(' ')}</p>}
      {(connect.error ?? (about === subject && tested.error)) && (
        <p className="form-error" role="alert">
          {problemSentence(connect.error ?? tested.error, t)}
        </p>
      )}
      {choice && (
        <Button
          className="wide"
          disabled={!report?.ok}
          loading={connect.isPending || (isBusy && connect.isSuccess)}
          onClick={() =>
            connect.mutate({ choice, secret: key, models: report?.models.map(({ name }) => name) ?? [] })
          }
        >
          {t('onboarding:connect.go', { name: choice.label })}
        </Button>
      )}
    </Form>
  )
}

interface VerdictProps {
  name: string
  report:
    { ok: boolean; steps: { ms: number | null }[]; models: unknown[]; status: number | null } | undefined
  isBusy: boolean
}

/** `✓ 42 models, 312 ms`, or where it stopped. */
function Verdict({ name, report, isBusy }: VerdictProps) {
  const { t } = useTranslation()
  if (!report) {
    return (
      <StatusTag plain status="pending">
        {t(isBusy ? 'onboarding:connect.testing' : 'onboarding:connect.recognised', { name })}
      </StatusTag>
    )
  }
  const ms = report.steps.reduce((sum, step) => sum + (step.ms ?? 0), 0)
  return (
    <StatusTag plain status={report.ok ? 'ok' : 'down'}>
      {report.ok
        ? t('onboarding:connect.passed', { name, count: report.models.length, ms })
        : t('onboarding:connect.failed', { name, status: report.status ?? '—' })}
    </StatusTag>
  )
}
