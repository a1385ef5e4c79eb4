import * as z from 'zod/mini'
import { dayAfter, dayStart } from '../../i18n/zone-day'

/** Relative ranges stay relative, in the address and on the wire. */
export const RANGES = ['24h', '7d', '30d', 'this_month', 'last_month'] as const
export type Range = (typeof RANGES)[number]
export const USUAL: Range = '30d'

const instant = z.string().check(z.regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d{1,6})?)?Z$/))

export const COST_URL = {
  tab: z.enum(['overview', 'model', 'key', 'user']),
  view: z.enum(['table']),
  range: z.enum(RANGES),
  from: instant,
  to: instant,
} as const

/** A named range, or two moments in UTC. */
export type Stretch = { range: Range } | { from: string; to: string }

export function stretchOf(values: {
  range?: Range | undefined
  from?: string | undefined
  to?: string | undefined
}): Stretch {
  const { range, from, to } = values
  if (from !== undefined && to !== undefined && from < to) return { from, to }
  return { range: range ?? USUAL }
}

/** From the first moment of one local day to the last of another. */
export function daysStretch(first: string, last: string, tz: string): { from: string; to: string } {
  return { from: dayStart(first, tz), to: dayStart(dayAfter(last), tz) }
}

/** What of a local day lies in a range; both begin and end in the same moments as the sums of the day. */
export function dayWithin(
  day: string,
  { tz, from, to }: { tz: string; from: string; to: string },
): { from: string; to: string } {
  const whole = daysStretch(day, day, tz)
  return {
    from: Date.parse(from) > Date.parse(whole.from) ? from : whole.from,
    to: Date.parse(to) < Date.parse(whole.to) ? to : whole.to,
  }
}

/** The requests behind a number, of exactly its time: days of money are no rolling hours. */
export function requestsHref(
  tenant: string,
  filter: Readonly<Record<string, string>>,
  { from, to }: { from: string; to: string },
): string {
  return `/t/${tenant}/requests?${new URLSearchParams({ ...filter, from, to }).toString()}`
}
