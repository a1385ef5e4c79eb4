// The columns a person can choose from. Widths are fixed: rows have one height and the table draws only what is seen.
import type { TFunction } from 'i18next'
import type { ReactNode } from 'react'
import { nanoOf } from '../../i18n/money'
import { spanText } from '../../i18n/spans'
import { Money } from '../../ui/money'
import { TimeText } from '../../ui/time-text'
import { KeyCell, Missing, ModelCell, StatusCell, TokensCell } from './components/cells'
import type { RequestRow } from './types'

export interface Column {
  id: string
  text: string
  width: number
  isNumber?: true
  cell: (row: RequestRow, t: TFunction) => ReactNode
}

const running = (row: RequestRow, t: TFunction) =>
  row.status === 'running' ? t('requests:missing.running') : t('requests:missing.none')

const span = (ms: number | null, row: RequestRow, t: TFunction) =>
  ms === null ? <Missing why={running(row, t)} /> : spanText(ms)

const words = (text: string) => text || <Missing />

/** Zero is 0, and keeps its place. */
function ColumnCost({ amount }: { amount: string | null }) {
  if (amount === null || nanoOf(amount) !== 0n) return <Money isColumn amount={amount} />
  return (
    <span className="muted">
      {'$0'}
      <span className="pad" aria-hidden="true">
        {'.000000'}
      </span>
    </span>
  )
}

export const COLUMNS: readonly Column[] = [
  { id: 'time', text: 'requests:column.time', width: 100, cell: (row) => <TimeText at={row.time} /> },
  { id: 'status', text: 'requests:column.status', width: 128, cell: (row) => <StatusCell row={row} /> },
  { id: 'model', text: 'requests:column.model', width: 184, cell: (row) => <ModelCell row={row} /> },
  { id: 'provider', text: 'requests:column.provider', width: 88, cell: (row) => words(row.provider) },
  { id: 'key', text: 'requests:column.key', width: 188, cell: (row) => <KeyCell row={row} /> },
  { id: 'user', text: 'requests:column.user', width: 128, cell: (row) => words(row.user?.name ?? '') },
  { id: 'session', text: 'requests:column.session', width: 112, cell: (row) => words(row.session) },
  { id: 'dialect', text: 'requests:column.dialect', width: 144, cell: (row) => words(row.dialect) },
  { id: 'lane', text: 'requests:column.lane', width: 96, cell: (row) => words(row.lane) },
  { id: 'source', text: 'requests:column.source', width: 96, cell: (row) => words(row.source) },
  {
    id: 'tokens',
    text: 'requests:column.tokens',
    width: 144,
    isNumber: true,
    cell: (row) => <TokensCell row={row} />,
  },
  {
    id: 'ttft',
    text: 'requests:column.ttft',
    width: 68,
    isNumber: true,
    cell: (row, t) => span(row.ttft_ms, row, t),
  },
  {
    id: 'latency',
    text: 'requests:column.latency',
    width: 72,
    isNumber: true,
    cell: (row, t) => span(row.latency_ms, row, t),
  },
  {
    id: 'overhead',
    text: 'requests:column.overhead',
    width: 92,
    isNumber: true,
    cell: (row, t) =>
      row.overhead_ms === null ? <Missing why={running(row, t)} /> : `${row.overhead_ms.toFixed(1)}\u00a0ms`,
  },
  {
    id: 'speed',
    text: 'requests:column.speed',
    width: 104,
    isNumber: true,
    cell: (row, t) =>
      row.tok_s === null ? <Missing why={running(row, t)} /> : `${row.tok_s.toFixed(1)}\u00a0tok/s`,
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
    cell: (row) => words(row.degraded.join(', ')),
  },
  {
    id: 'cost',
    text: 'requests:column.cost',
    width: 96,
    isNumber: true,
    cell: (row, t) =>
      row.status === 'running' ? <Missing why={running(row, t)} /> : <ColumnCost amount={row.cost} />,
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
