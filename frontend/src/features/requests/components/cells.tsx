import type { TFunction } from 'i18next'
import { useTranslation } from 'react-i18next'
import { tokenCount, wholeNumber } from '../../../i18n/format'
import type { Language } from '../../../i18n/index'
import { StatusTag } from '../../../ui/status-tag'
import type { Status } from '../../../ui/tokens'
import type { RequestRow, RequestStatus } from '../types'

export const STATUS_LOOKS: Readonly<Record<RequestStatus, { status: Status; text: string }>> = {
  running: { status: 'pending', text: 'requests:status.running' },
  ok: { status: 'ok', text: 'requests:status.ok' },
  client_error: { status: 'degraded', text: 'requests:status.client_error' },
  upstream_error: { status: 'down', text: 'requests:status.upstream_error' },
  blocked: { status: 'blocked', text: 'requests:status.blocked' },
  limited: { status: 'off', text: 'requests:status.limited' },
  canceled: { status: 'off', text: 'requests:status.canceled' },
  interrupted: { status: 'down', text: 'requests:status.interrupted' },
}

interface Outcome extends Pick<RequestRow, 'status' | 'http_status' | 'error_code'> {
  cache?: RequestRow['cache']
}

function look(row: Outcome): { status: Status; text: string } {
  if (row.status === 'ok' && row.cache !== undefined && row.cache !== 'none')
    return { status: 'cached', text: 'requests:status.cached' }
  return STATUS_LOOKS[row.status]
}

interface StatusProps {
  row: Outcome
  isTag?: boolean
}

/** `OK`, `Upstream 502`; the code says why on hover. */
export function StatusCell(props: StatusProps) {
  const { t } = useTranslation()
  return <StatusWords {...props} t={t} />
}

/** The same for a table, whose rows ask for no language of their own. */
export function StatusWords({ row, isTag = false, t }: StatusProps & { t: TFunction }) {
  const { status, text } = look(row)
  const isPlain = row.status === 'ok' || row.status === 'running'
  return (
    <StatusTag plain={!isTag} status={status}>
      <span title={row.error_code || undefined}>
        {t(text)}
        {!!row.http_status && (!isPlain || isTag) && <span className="muted"> {row.http_status}</span>}
      </span>
    </StatusTag>
  )
}

/** What was asked for, and what answered where that is something else. */
export function ModelCell({ row }: { row: Pick<RequestRow, 'requested_model' | 'served_model'> }) {
  const { requested_model: requested, served_model: served } = row
  if (!served || requested === served) return <>{requested || '—'}</>
  return (
    <span className="served">
      <span className="muted">{requested}</span>
      <ServedBy />
      {served}
    </span>
  )
}

function ServedBy() {
  const { t } = useTranslation()
  return (
    <svg width="12" height="10" viewBox="0 0 12 10" role="img" aria-label={t('requests:served_by')}>
      <path
        d="M1 8h2.5C7 8 6 2 9 2h2"
        fill="none"
        stroke="currentColor"
        strokeWidth="1.5"
        strokeLinecap="round"
      />
    </svg>
  )
}

/** What tells keys of one name apart: the last four characters. */
export const shortMask = (mask: string): string => mask.replace(/^.*(?=…)/, '')

export function KeyCell({ row }: { row: Pick<RequestRow, 'key'> }) {
  if (!row.key) return <Missing />
  return (
    <span className="key-cell" title={`${row.key.name} · ${row.key.id} · ${row.key.mask}`}>
      <span className="clip">{row.key.name || row.key.id}</span>{' '}
      <span className="muted">{shortMask(row.key.mask)}</span>
    </span>
  )
}

interface TokensProps {
  tokens: RequestRow['tokens']
  language: Language
  t: TFunction
}

export function TokensCell({ tokens: { in: input, out, cached }, language, t }: TokensProps) {
  const exact = [input, out, cached].map((value) => wholeNumber(value, language))
  const title = t('requests:tokens_exact', { in: exact[0], out: exact[1], cached: exact[2] })
  return (
    <span className="trip" title={title}>
      <b>{tokenCount(input, language)}</b> · <b>{tokenCount(out, language)}</b> ·{' '}
      {tokenCount(cached, language)}
    </span>
  )
}

/** A dash, and on hover why. */
export function Missing({ why }: { why?: string }) {
  return (
    <span className="muted" title={why}>
      {'—'}
    </span>
  )
}
