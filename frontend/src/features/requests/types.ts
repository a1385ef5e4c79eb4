// Requests, their histogram and receipts, as the server answers them.

export const STATUSES = [
  'running',
  'ok',
  'client_error',
  'upstream_error',
  'blocked',
  'limited',
  'canceled',
  'interrupted',
] as const
export type RequestStatus = (typeof STATUSES)[number]

export interface RequestRow {
  id: string
  time: string
  status: RequestStatus
  http_status: number | null
  error_code: string
  requested_model: string
  served_model: string
  provider: string
  key: { id: string; name: string; mask: string } | null
  user: { id: string; name: string } | null
  session: string
  dialect: string
  lane: string
  source: string
  stream: boolean
  tokens: { in: number; out: number; cached: number }
  ttft_ms: number | null
  latency_ms: number | null
  overhead_ms: number | null
  tok_s: number | null
  cost: string | null
  priced: boolean
  attempts: number
  fallback: boolean
  cache: string
  degraded: string[]
  simulated: boolean
}

export interface RequestPage {
  data: RequestRow[]
  has_more: boolean
  next_cursor: string | null
  complete_to: string | null
  delivered_to: string | null
}

export const OUTCOMES = [
  'ok',
  'client_error',
  'upstream_error',
  'blocked',
  'limited',
  'canceled',
  'interrupted',
] as const
export type Outcome = (typeof OUTCOMES)[number]

export type Histogram = { from: string; to: string; bucket_s: number; t: string[] } & Record<
  Outcome,
  number[]
>

export interface Span {
  name: string
  start_ms: number
  end_ms: number
  side: 'gateway' | 'upstream'
  attempt: number | null
}

export interface Attempt {
  attempt: number
  provider: string
  credential: string
  credential_suffix: string
  upstream_name: string
  status: string
  http_status: number | null
  error_code: string
  started_ms: number | null
  ended_ms: number | null
  tokens: Record<string, number>
  cost?: string | null
  skipped_reason: string
}

/** The row, with its attempts one by one instead of their number. */
export interface RequestDetail extends Omit<RequestRow, 'attempts'> {
  started_at: string
  finished_at: string | null
  spans: Span[]
  attempts: Attempt[]
}

export interface ReceiptLine {
  class: string
  units: number
  rate: string
  per: 'million' | 'each'
  multiplier: string
  nano: string
  usd: string
}

export interface ReceiptAttempt {
  attempt: number
  kind: string
  final: boolean
  provider: string
  model: string
  usage_raw?: unknown
  usage: Record<string, number>
  usage_source: string
  flags: string[]
  price?: {
    id: string
    version: string
    valid_from: string
    source: string
    scope: string
    matched_model: string
  } | null
  tier?: number | null
  variant?: string
  window?: number | null
  multiplier?: string
  lines?: ReceiptLine[]
  rounding?: { exact_nano: string; rounded_nano: string } | null
  cost?: string | null
  certainty: string
  charge: string | null
  markup_bp?: number
  charge_lines?: ReceiptLine[]
  who_pays: string
  transfers: { id: string; kind: string; debit: string; credit: string; amount: string }[]
}

export interface Receipt {
  request_id: string
  tenant: string
  currency: string
  started_at: string
  attempts: ReceiptAttempt[]
  total: { cost?: string | null; charge: string | null }
}
