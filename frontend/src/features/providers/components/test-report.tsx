import type { TFunction } from 'i18next'
import { useEffect, useRef } from 'react'
import { useTranslation } from 'react-i18next'
import { CodeBlock } from '../../../ui/code-block'
import { StatusIcon } from '../../../ui/status-tag'
import type { Status } from '../../../ui/tokens'
import type { TestReport, TestStep } from '../types'

type StepName = TestStep['name']

const STEPS: Record<StepName, string> = {
  dns: 'providers:test.step.dns',
  tcp: 'providers:test.step.tcp',
  tls: 'providers:test.step.tls',
  auth: 'providers:test.step.auth',
  models: 'providers:test.step.models',
  completion: 'providers:test.step.completion',
}

const NAMES = Object.keys(STEPS) as StepName[]
const UNKNOWN: TestStep[] = NAMES.map((name) => ({ name, ok: null, ms: null, detail: '', hint: '' }))

/** What to do about a step that failed, where the server says nothing in the language of the page. */
const HINTS: Record<StepName, string> = {
  dns: 'providers:test.hint.dns',
  tcp: 'providers:test.hint.tcp',
  tls: 'providers:test.hint.tls',
  auth: 'providers:test.hint.auth',
  models: 'providers:test.hint.models',
  completion: 'providers:test.hint.completion',
}

function hintOf({ name, hint }: TestStep, language: string, t: TFunction): string {
  return hint !== '' && language === 'en' ? hint : t(HINTS[name])
}

function look(step: TestStep, isRunning: boolean): Status {
  if (step.ok === null) return isRunning ? 'pending' : 'off'
  return step.ok ? 'ok' : 'down'
}

interface Props {
  report: TestReport | undefined
  isRunning: boolean
}

interface VerdictProps extends Props {
  /** The page moves to it when it comes. */
  isFollowed?: boolean
}

/** Six steps from the name to one token: how long each took, and where it stopped and why. */
export function TestSteps({ report, isRunning }: Props) {
  const { t, i18n } = useTranslation()
  const steps = isRunning || !report ? UNKNOWN : report.steps
  return (
    <ol className="test-steps" aria-busy={isRunning} aria-label={t('providers:test.steps')}>
      {steps.map((step) => (
        <li key={step.name}>
          <StatusIcon status={look(step, isRunning)} />
          <span className="test-name">{t(STEPS[step.name])}</span>
          <span className="muted clip" title={step.detail}>
            {step.ok === null && !isRunning && report ? t('providers:test.not_run') : step.detail}
          </span>
          <span className="test-ms">{step.ms === null ? '' : t('providers:ms', { ms: step.ms })}</span>
          {step.ok === false && <span className="test-hint">{hintOf(step, i18n.language, t)}</span>}
        </li>
      ))}
    </ol>
  )
}

/** The sentence about a whole run, announced when it ends. */
export function TestVerdict({ report, isRunning, isFollowed = false }: VerdictProps) {
  const { t } = useTranslation()
  const line = useRef<HTMLParagraphElement>(null)
  useEffect(() => {
    if (isFollowed && report && !isRunning) line.current?.scrollIntoView({ block: 'nearest' })
  }, [isFollowed, report, isRunning])
  let text = ''
  if (isRunning) text = t('providers:test.running')
  else if (report) text = verdict(report, t)
  return (
    <p ref={line} className="test-verdict" role="status">
      {(isRunning || report) && (
        <StatusIcon status={isRunning || !report ? 'pending' : report.ok ? 'ok' : 'down'} />
      )}
      <b>{text}</b>
    </p>
  )
}

function verdict(report: TestReport, t: TFunction): string {
  if (report.ok) {
    const ms = report.steps.reduce((sum, step) => sum + (step.ms ?? 0), 0)
    return t('providers:test.passed', { count: report.models.length, ms })
  }
  const failed = report.steps.find((step) => step.ok === false)
  return failed ? t('providers:test.failed_at', { step: t(STEPS[failed.name]) }) : t('providers:test.failed')
}

/** What the vendor itself said, only when it refused. */
export function UpstreamAnswer({ report }: { report: TestReport }) {
  const { t } = useTranslation()
  if (report.ok || (report.status === null && report.body === '')) return null
  return (
    <div className="upstream-answer">
      <p className="muted">
        {report.status === null
          ? t('providers:test.answer')
          : t('providers:test.answer_status', { status: report.status })}
      </p>
      {report.body !== '' && <CodeBlock code={report.body} label={t('providers:test.answer')} />}
    </div>
  )
}
