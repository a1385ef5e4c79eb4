// Local days of a zone as instants: money is cut at midnight of the tenant's reporting zone, whatever the browser's is.
const DAY_MS = 86_400_000

function offsetMs(at: number, tz: string): number {
  const parts = new Intl.DateTimeFormat('en-US', {
    timeZone: tz,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  }).formatToParts(at)
  const part = (type: string) => Number(parts.find((entry) => entry.type === type)?.value ?? 0)
  const local = Date.UTC(
    part('year'),
    part('month') - 1,
    part('day'),
    part('hour'),
    part('minute'),
    part('second'),
  )
  return local - Math.floor(at / 1000) * 1000
}

/** The first moment of `2026-11-20` in a zone, in UTC; right on days of 23 and 25 hours too. */
export function dayStart(day: string, tz: string): string {
  const wall = Date.parse(`${day}T00:00:00Z`)
  const near = wall - offsetMs(wall, tz)
  const start = new Date(wall - offsetMs(near, tz)).toISOString()
  // Where the clock skips midnight, there is no such moment: the day begins after the gap.
  return localDay(start, tz) < day ? new Date(near).toISOString() : start
}

/** The date of a moment in a zone. */
export function localDay(iso: string, tz: string): string {
  return new Intl.DateTimeFormat('sv-SE', { timeZone: tz }).format(new Date(iso))
}

export function dayAfter(day: string, days = 1): string {
  return new Date(Date.parse(`${day}T00:00:00Z`) + days * DAY_MS).toISOString().slice(0, 10)
}

/** `Nov 20`, as the language writes it. */
export function dayText(day: string, language: string): string {
  return new Intl.DateTimeFormat(language, { month: 'short', day: 'numeric', timeZone: 'UTC' }).format(
    Date.parse(`${day}T00:00:00Z`),
  )
}

/** `Friday, Nov 20, 2026` */
export function longDayText(day: string, language: string): string {
  return new Intl.DateTimeFormat(language, {
    weekday: 'long',
    year: 'numeric',
    month: 'short',
    day: 'numeric',
    timeZone: 'UTC',
  }).format(Date.parse(`${day}T00:00:00Z`))
}
