// The numbers behind the histogram's picture.
import type { Zone } from '../../i18n/format'
import { OUTCOMES, type Histogram, type Outcome } from './types'

export const SERIES = ['ok', 'client', 'upstream', 'blocked'] as const
export type Series = (typeof SERIES)[number]

export const SERIES_TEXTS: Readonly<Record<Series, string>> = {
  ok: 'requests:series.ok',
  client: 'requests:series.client',
  upstream: 'requests:series.upstream',
  blocked: 'requests:series.blocked',
}

const SERIES_OF: Readonly<Record<Outcome, Series>> = {
  ok: 'ok',
  client_error: 'client',
  canceled: 'client',
  upstream_error: 'upstream',
  interrupted: 'upstream',
  blocked: 'blocked',
  limited: 'blocked',
}

export interface Bucket {
  from: string
  to: string
  counts: Record<Series, number>
  total: number
  /** It is not over yet. */
  isRunning: boolean
}

export function buckets(data: Histogram, now: number): Bucket[] {
  return data.t.map((at, index) => {
    const counts: Record<Series, number> = { ok: 0, client: 0, upstream: 0, blocked: 0 }
    for (const outcome of OUTCOMES) counts[SERIES_OF[outcome]] += data[outcome][index] ?? 0
    const from = Date.parse(at)
    const to = from + data.bucket_s * 1000
    return {
      from: new Date(from).toISOString(),
      to: new Date(to).toISOString(),
      counts,
      total: counts.ok + counts.client + counts.upstream + counts.blocked,
      isRunning: to > now,
    }
  })
}

export interface Totals {
  all: number
  failed: number
}

/** How many there were, and how many of them failed: errors of clients and vendors, and what was cut off. */
export function totals(data: Histogram): Totals {
  const sum = (outcome: Outcome) => data[outcome].reduce((all, count) => all + count, 0)
  const all = OUTCOMES.reduce((count, outcome) => count + sum(outcome), 0)
  return { all, failed: sum('client_error') + sum('upstream_error') + sum('interrupted') }
}

/** Zero, the half and the top: round numbers, and at least the highest bar. */
export function ticks(highest: number): number[] {
  let step = 1
  while (step * 2 < highest) {
    const digits = String(step)
    step = digits.startsWith('2') ? (step / 2) * 5 : step * 2
  }
  return [0, step, step * 2]
}

const DAY_MS = 86_400_000

/** Hours and minutes within a day, days beyond. */
export function axisText(iso: string, spanMs: number, zone: Zone): string {
  const options: Intl.DateTimeFormatOptions =
    spanMs > 2 * DAY_MS
      ? { month: 'short', day: 'numeric' }
      : { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' }
  return new Intl.DateTimeFormat(zone.language, { ...options, timeZone: zone.tz }).format(new Date(iso))
}

const UNITS: readonly [number, string][] = [
  [86_400, 'requests:bucket.day'],
  [3600, 'requests:bucket.hour'],
  [60, 'requests:bucket.minute'],
  [1, 'requests:bucket.second'],
]

/** A bar in the largest unit it is a whole number of. */
export function bucketSize(seconds: number): { count: number; text: string } {
  const [size, text] = UNITS.find(([unit]) => seconds % unit === 0) ?? [1, 'requests:bucket.second']
  return { count: seconds / size, text }
}
