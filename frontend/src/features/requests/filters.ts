// What the address of the list holds. Filters are pairs of name and value under the names of the API: a repeated
// name means or, different names mean and, `not.` before a name turns it round.
import * as z from 'zod/mini'
import { DIALECTS } from '../../i18n/dialects'
import { STATUSES } from './types'

export type Pair = readonly [name: string, value: string]

const text = z.string().check(z.minLength(1), z.maxLength(200))
const whole = z.string().check(z.regex(/^\d{1,12}$/))
const amount = z.string().check(z.regex(/^\d{1,9}(?:\.\d{1,9})?$/))
const yesNo = z.enum(['true', 'false'])

export const STATUS_CHOICES = [...STATUSES, 'error'] as const
export const SOURCES = ['api', 'console', 'playground', 'batch', 'probe'] as const
export const LANES = ['native', 'translation', 'none'] as const

/** Of closed sets one chooses, everything else is typed. */
export const CHOICES: Readonly<Record<string, readonly string[]>> = {
  status: STATUS_CHOICES,
  source: SOURCES,
  dialect: DIALECTS,
  target_dialect: DIALECTS,
  lane: LANES,
  stream: ['true', 'false'],
  fallback: ['true', 'false'],
  cache: ['exact', 'semantic', 'none'],
}

const SHAPES: Readonly<Record<string, z.ZodMiniType<string>>> = {
  q: text,
  status: z.enum(STATUS_CHOICES),
  error_code: text,
  requested_model: text,
  served_model: text,
  provider: text,
  credential: text,
  key: text,
  user: text,
  session: text,
  source: text,
  dialect: text,
  target_dialect: text,
  lane: text,
  stream: yesNo,
  cache: text,
  fallback: yesNo,
  degraded: text,
  cost_gte: amount,
  latency_ms_gte: whole,
  tokens_gte: whole,
}

/** Named once, never turned round. */
const SINGLE = new Set(['q', 'stream', 'fallback', 'cost_gte', 'latency_ms_gte', 'tokens_gte'])

/** What the builder of filters offers, in its order. */
export const FIELDS = Object.keys(SHAPES).filter((name) => name !== 'q')

export const bare = (name: string): string => name.replace(/^not\./, '')
export const isNegated = (name: string): boolean => name.startsWith('not.')
export const isSingle = (name: string): boolean => SINGLE.has(name)
export const isThreshold = (name: string): boolean => name.endsWith('_gte')

export function isValid([name, value]: Pair): boolean {
  const shape = SHAPES[bare(name)]
  if (!shape || (isNegated(name) && SINGLE.has(bare(name)))) return false
  return shape.safeParse(value).success
}

export const RANGES = ['15m', '1h', '6h', '24h', '7d', '30d'] as const
export type Range = (typeof RANGES)[number]
export const DEFAULT_RANGE: Range = '1h'

/** Relative, up to now; or two moments in UTC. */
export type Period = { range: Range } | { from: string; to: string }

export const isRelative = (period: Period): period is { range: Range } => 'range' in period

/** Whether anything can still happen in it: "today" ends at midnight. */
export const isRunning = (period: Period): boolean => isRelative(period) || Date.parse(period.to) > Date.now()

export function isWithin(time: string, period: Period): boolean {
  if (isRelative(period)) return true
  const at = Date.parse(time)
  return Date.parse(period.from) <= at && at < Date.parse(period.to)
}

export interface Filter {
  pairs: readonly Pair[]
  period: Period
}

const range = z.enum(RANGES)

function moment(value: string | null): string | null {
  if (value === null || Number.isNaN(Date.parse(value))) return null
  return new Date(value).toISOString()
}

function parsePeriod(params: URLSearchParams): { period: Period; dropped: string[] } {
  const [from, to] = [moment(params.get('from')), moment(params.get('to'))]
  if (from !== null && to !== null && from < to) return { period: { from, to }, dropped: [] }
  const dropped = ['from', 'to'].filter((name) => params.has(name))
  const asked = params.get('range')
  const found = range.safeParse(asked ?? DEFAULT_RANGE)
  if (found.success) return { period: { range: found.data }, dropped }
  return { period: { range: DEFAULT_RANGE }, dropped: [...dropped, 'range'] }
}

export function parseFilter(params: URLSearchParams): { filter: Filter; dropped: string[] } {
  const pairs: Pair[] = []
  const { period, dropped } = parsePeriod(params)
  const seen = new Set<string>()
  for (const [name, value] of params) {
    if (!(bare(name) in SHAPES)) continue
    const isRepeated = SINGLE.has(name) && seen.has(name)
    if (!isValid([name, value]) || isRepeated) dropped.push(name)
    else if (!pairs.some((pair) => pair[0] === name && pair[1] === value)) pairs.push([name, value])
    seen.add(name)
  }
  return { filter: { pairs, period }, dropped }
}

/** The address with this filter; what else it holds stays. */
export function writeFilter(params: URLSearchParams, { pairs, period }: Filter): URLSearchParams {
  const next = new URLSearchParams()
  for (const [name, value] of params) {
    if (!(bare(name) in SHAPES) && !['range', 'from', 'to'].includes(name)) next.append(name, value)
  }
  for (const [name, value] of pairs) next.append(name, value)
  if (!isRelative(period)) {
    next.set('from', period.from)
    next.set('to', period.to)
  } else if (period.range !== DEFAULT_RANGE) next.set('range', period.range)
  return next
}

export function apiQuery({ pairs, period }: Filter): Record<string, string | string[]> {
  return { ...pairQuery(pairs), ...period }
}

/** The values of each name; the live channel takes the same. */
export function pairQuery(pairs: readonly Pair[]): Record<string, string[]> {
  const found: Record<string, string[]> = {}
  for (const [name, value] of pairs) (found[name] ??= []).push(value)
  return found
}

export const valuesOf = (pairs: readonly Pair[], name: string): string[] =>
  pairs.filter((pair) => pair[0] === name).map((pair) => pair[1])

export function withValues(pairs: readonly Pair[], name: string, values: readonly string[]): Pair[] {
  return [...pairs.filter((pair) => pair[0] !== name), ...values.map((value): Pair => [name, value])]
}

export function withPair(pairs: readonly Pair[], [name, value]: Pair): Pair[] {
  if (isSingle(name)) return withValues(pairs, name, [value])
  return [...without(pairs, [name, value]), [name, value]]
}

export const without = (pairs: readonly Pair[], [name, value]: Pair): Pair[] =>
  pairs.filter((pair) => pair[0] !== name || pair[1] !== value)

/** `is` becomes `is not`, and back. */
export function turned(pairs: readonly Pair[], pair: Pair): Pair[] {
  const [name, value] = pair
  const other: Pair = [isNegated(name) ? bare(name) : `not.${name}`, value]
  return pairs.map((each) => (each[0] === name && each[1] === value ? other : each))
}

export interface View {
  key: string
  text: string
  pairs: readonly Pair[]
}

export const VIEWS: readonly View[] = [
  { key: 'all', text: 'requests:view.all', pairs: [] },
  { key: 'errors', text: 'requests:view.errors', pairs: [['status', 'error']] },
  { key: 'slow', text: 'requests:view.slow', pairs: [['latency_ms_gte', '10000']] },
  { key: 'fallbacks', text: 'requests:view.fallbacks', pairs: [['fallback', 'true']] },
  { key: 'expensive', text: 'requests:view.expensive', pairs: [['cost_gte', '0.1']] },
  {
    key: 'hits',
    text: 'requests:view.hits',
    pairs: [
      ['cache', 'exact'],
      ['cache', 'semantic'],
    ],
  },
  { key: 'blocked', text: 'requests:view.blocked', pairs: [['status', 'blocked']] },
]

const VIEWED = new Set(VIEWS.flatMap(({ pairs }) => pairs.map(([name]) => name)))

/** The view whose filters these are; null for a mixture of one's own. */
export function viewOf(pairs: readonly Pair[]): string | null {
  const own = pairs.filter(([name]) => VIEWED.has(name))
  const has = (view: View) =>
    view.pairs.length === own.length &&
    view.pairs.every(([name, value]) => own.some((pair) => pair[0] === name && pair[1] === value))
  return VIEWS.find(has)?.key ?? null
}

/** Another view leaves the other filters as they are. */
export function inView(pairs: readonly Pair[], key: string): Pair[] {
  const view = VIEWS.find((each) => each.key === key)
  return [...pairs.filter(([name]) => !VIEWED.has(name)), ...(view?.pairs ?? [])]
}
