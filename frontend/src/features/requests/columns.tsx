// The columns a person can choose from. Widths are fixed: rows have one height and the table draws only what is seen.
// A cell gets what it needs with the row: with hooks of its own, thousands of cells would each listen to the session.
import type { TFunction } from 'i18next'
import type { ReactNode } from 'react'
import { exactTime, shortTime, type Zone } from '../../i18n/format'
import { moneyColumn, moneyExact, nanoOf } from '../../i18n/money'
import { spanText } from '../../i18n/spans'
import { KeyCell, Missing, ModelCell, StatusWords, TokensCell } from './components/cells'
import { laneWord } from './components/filter-words'
import { lossText } from './losses'
import { spokenText } from './operations'
import type { RequestRow } from './types'

export interface CellView {
  t: TFunction
  zone: Zone
  currency: string
  now: Date
}

export interface Column {
  id: string
  text: string
  width: number
  isNumber?: true
  cell: (row: RequestRow, view: CellView) => ReactNode
}

const whyMissing = (row: RequestRow, { t }: CellView) =>
  t(row.status === 'running' ? 'requests:missing.running' : 'requests:missing.none')

/** A figure, or a dash with the reason. */
const figure = (text: string | null, row: RequestRow, view: CellView) =>
  text ?? <Missing why={whyMissing(row, view)} />

const span = (ms: number | null) => (ms === null ? null : spanText(ms))

function time(iso: string, { zone, now }: CellView): ReactNode {
  return (
    <time dateTime={iso} title={exactTime(iso, zone, now)}>
      {shortTime(iso, zone, now)}
    </time>
  )
}

function cost(row: RequestRow, view: CellView): ReactNode {
  const { t, currency } = view
  if (row.status === 'running') return <Missing why={whyMissing(row, view)} />
  if (row.cost === null) return <Missing why={t('common:unpriced')} />
  if (nanoOf(row.cost) !== 0n)
    return <span title={moneyExact(row.cost, currency)}>{moneyColumn(row.cost, currency)}</span>
  // Zero is 0, and keeps its place.
  return (
    <span className="muted">
      {'$0'}
      <span className="pad" aria-hidden="true">
        {'.000000'}
      </span>
    </span>
  )
}

const words = (text: string) => text || <Missing />

const losses = (codes: readonly string[], t: TFunction) =>
  codes.length === 0 ? (
    <Missing />
  ) : (
    <span title={codes.join(', ')}>{codes.map((code) => lossText(code, t)).join(', ')}</span>
  )

const dialect = (row: RequestRow, code: string) =>
  code ? <span title={code}>{spokenText(row, code)}</span> : <Missing />

export const COLUMNS: readonly Column[] = [
  { id: 'time', text: 'requests:column.time', width: 100, cell: (row, view) => time(row.time, view) },
  {
    id: 'status',
    text: 'requests:column.status',
    width: 128,
    cell: (row, { t }) => <StatusWords row={row} t={t} />,
  },
  { id: 'model', text: 'requests:column.model', width: 184, cell: (row) => <ModelCell row={row} /> },
  { id: 'provider', text: 'requests:column.provider', width: 88, cell: (row) => words(row.provider) },
  { id: 'key', text: 'requests:column.key', width: 188, cell: (row) => <KeyCell row={row} /> },
  { id: 'user', text: 'requests:column.user', width: 128, cell: (row) => words(row.user?.name ?? '') },
  { id: 'session', text: 'requests:column.session', width: 112, cell: (row) => words(row.session) },
  { id: 'dialect', text: 'requests:column.dialect', width: 144, cell: (row) => dialect(row, row.dialect) },
  {
    id: 'target_dialect',
    text: 'requests:column.target_dialect',
    width: 144,
    cell: (row) => dialect(row, row.target_dialect),
  },
  {
    id: 'lane',
    text: 'requests:column.lane',
    width: 96,
    cell: (row, { t }) => (row.lane === 'none' ? <Missing /> : laneWord(row.lane, t)),
  },
  { id: 'source', text: 'requests:column.source', width: 96, cell: (row) => words(row.source) },
  {
    id: 'tokens',
    text: 'requests:column.tokens',
    width: 144,
    isNumber: true,
    cell: (row, { t, zone }) => <TokensCell tokens={row.tokens} language={zone.language} t={t} />,
  },
  {
    id: 'ttft',
    text: 'requests:column.ttft',
    width: 68,
    isNumber: true,
    cell: (row, view) => figure(span(row.ttft_ms), row, view),
  },
  {
    id: 'latency',
    text: 'requests:column.latency',
    width: 72,
    isNumber: true,
    cell: (row, view) => figure(span(row.latency_ms), row, view),
  },
  {
    id: 'overhead',
    text: 'requests:column.overhead',
    width: 92,
    isNumber: true,
    cell: (row, view) =>
      figure(row.overhead_ms === null ? null : `${row.overhead_ms.toFixed(1)}\u00a0ms`, row, view),
  },
  {
    id: 'speed',
    text: 'requests:column.speed',
    width: 104,
    isNumber: true,
    cell: (row, view) => figure(row.tok_s === null ? null : `${row.tok_s.toFixed(1)}\u00a0tok/s`, row, view),
  },
  {
    id: 'attempts',
    text: 'requests:column.attempts',
    width: 48,
    isNumber: true,
    cell: (row) => (row.attempts > 1 ? <b>{row.attempts}</b> : row.attempts),
  },
  { id: 'cache', text: 'requests:column.cache', width: 96, cell: (row) => words(row.cache) },
  {
    id: 'degraded',
    text: 'requests:column.degraded',
    width: 144,
    cell: (row, { t }) => losses(row.degraded, t),
  },
  {
    id: 'cost',
    text: 'requests:column.cost',
    width: 96,
    isNumber: true,
    cell: cost,
  },
]

export const MAX_COLUMNS = 14
export const DEFAULT_COLUMNS = [
  'time',
  'status',
  'model',
  'provider',
  'key',
  'tokens',
  'ttft',
  'latency',
  'attempts',
  'cost',
]
const BY_ID = new Map(COLUMNS.map((column) => [column.id, column]))

/** In the order chosen; what there is no more is left out. */
export function chosenColumns(ids: readonly string[]): Column[] {
  return ids.flatMap((id) => BY_ID.get(id) ?? []).slice(0, MAX_COLUMNS)
}
