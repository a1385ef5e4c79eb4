// Times and numbers in the person's zone and language (CO-77). Exact values belong into the title of the element.
import type { Language } from './index'

export interface Zone {
  tz: string
  language: Language
}

const formatters = new Map<string, Intl.DateTimeFormat>()

function formatter(zone: Zone, kind: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = `${kind}|${zone.language}|${zone.tz}`
  const known = formatters.get(key)
  if (known) return known
  let made: Intl.DateTimeFormat
  try {
    made = new Intl.DateTimeFormat(zone.language, { ...options, timeZone: zone.tz })
  } catch {
    // A zone this browser does not know: show UTC rather than nothing.
    made = new Intl.DateTimeFormat(zone.language, { ...options, timeZone: 'UTC' })
  }
  formatters.set(key, made)
  return made
}

const clock = (zone: Zone) =>
  formatter(zone, 'clock', { hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23' })
const dayAndTime = (zone: Zone) =>
  formatter(zone, 'dayTime', {
    month: 'short',
    day: 'numeric',
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
  })
const fullDay = (zone: Zone) =>
  formatter(zone, 'fullDay', { year: 'numeric', month: 'short', day: 'numeric' })

function dayKey(zone: Zone, at: Date): string {
  const parts = formatter(zone, 'key', { year: 'numeric', month: '2-digit', day: '2-digit' }).formatToParts(
    at,
  )
  const part = (type: string) => parts.find((entry) => entry.type === type)?.value ?? ''
  return `${part('year')}-${part('month')}-${part('day')}`
}

/** `14:05:32` today, `Nov 19, 14:05` this year, `Nov 19, 2025` before. */
export function shortTime(iso: string, zone: Zone, now: Date): string {
  const at = new Date(iso)
  if (dayKey(zone, at) === dayKey(zone, now)) return clock(zone).format(at)
  if (dayKey(zone, at).slice(0, 4) === dayKey(zone, now).slice(0, 4)) return dayAndTime(zone).format(at)
  return fullDay(zone).format(at)
}

const STEPS: readonly [Intl.RelativeTimeFormatUnit, number][] = [
  ['year', 31_536_000],
  ['month', 2_592_000],
  ['day', 86_400],
  ['hour', 3_600],
  ['minute', 60],
]

export function relativeTime(iso: string, language: Language, now: Date): string {
  const seconds = Math.round((new Date(iso).getTime() - now.getTime()) / 1000)
  const format = new Intl.RelativeTimeFormat(language, { numeric: 'auto' })
  for (const [unit, size] of STEPS) {
    if (Math.abs(seconds) >= size) return format.format(Math.trunc(seconds / size), unit)
  }
  return format.format(seconds, 'second')
}

/** ISO with zone and distance, for the title of a shortened time. */
export function exactTime(iso: string, zone: Zone, now: Date): string {
  return `${new Date(iso).toISOString()} · ${zone.tz} · ${relativeTime(iso, zone.language, now)}`
}

export function wholeNumber(value: number, language: Language): string {
  return new Intl.NumberFormat(language).format(value)
}

/** ≤ 9,999 exact, then three figures: 12.3K, 4.56M, 1.20B in both languages (CO-77). */
export function tokenCount(value: number, language: Language): string {
  if (value <= 9999) return wholeNumber(value, language)
  if (value < 1e6) return `${(value / 1e3).toPrecision(3)}K`
  return value < 1e9 ? `${(value / 1e6).toPrecision(3)}M` : `${(value / 1e9).toPrecision(3)}B`
}

/** Budgets: a decimal string stays one; cents are shown, more digits only where the amount has them. */
export function moneyText(amount: string, currency: string): string {
  const [whole = '0', fraction = ''] = amount.replace(/^-/, '').split('.')
  const grouped = whole.replace(/\B(?=(\d{3})+(?!\d))/g, ',')
  const trimmed = fraction.replace(/0+$/, '').padEnd(2, '0')
  const text = currency === 'USD' ? `$${grouped}.${trimmed}` : `${grouped}.${trimmed} ${currency}`
  return amount.startsWith('-') ? `(${text})` : text
}

/** 4:12 */
export function countdown(seconds: number): string {
  const left = Math.max(0, Math.ceil(seconds))
  return `${Math.floor(left / 60)}:${String(left % 60).padStart(2, '0')}`
}
