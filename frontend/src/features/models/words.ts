// The words for what the price book says.
import type { Price } from './types'

const SCOPES: Record<string, string> = {
  catalog: 'models:scope.catalog',
  operator: 'models:scope.operator',
  tenant: 'models:scope.tenant',
}

const MATCHED: Record<string, { text: string; why: string }> = {
  override: { text: 'models:matched.override', why: 'models:matched.override_why' },
  exact: { text: 'models:matched.exact', why: 'models:matched.exact_why' },
  region: { text: 'models:matched.region', why: 'models:matched.region_why' },
  stripped: { text: 'models:matched.stripped', why: 'models:matched.stripped_why' },
  price_model: { text: 'models:matched.price_model', why: 'models:matched.price_model_why' },
  pattern: { text: 'models:matched.pattern', why: 'models:matched.pattern_why' },
}

export const STATES: Record<Price['state'], string> = {
  current: 'models:state.current',
  future: 'models:state.future',
  past: 'models:state.past',
}

const CLASSES: Record<string, string> = {
  in_fresh: 'models:class.in_fresh',
  in_cache_read: 'models:class.in_cache_read',
  in_cache_write_5m: 'models:class.in_cache_write_5m',
  in_cache_write_30m: 'models:class.in_cache_write_30m',
  in_cache_write_1h: 'models:class.in_cache_write_1h',
  in_cache_write_12h: 'models:class.in_cache_write_12h',
  in_audio: 'models:class.in_audio',
  in_image: 'models:class.in_image',
  in_video: 'models:class.in_video',
  out_text: 'models:class.out_text',
  out_reasoning: 'models:class.out_reasoning',
  out_audio: 'models:class.out_audio',
  out_image: 'models:class.out_image',
  requests: 'models:class.requests',
  web_search_calls: 'models:class.web_search_calls',
  images: 'models:class.images',
  seconds: 'models:class.seconds',
}

type T = (key: string) => string

// What this console does not know yet speaks for itself.
export const scopeName = (scope: string, t: T): string =>
  SCOPES[scope] === undefined ? scope : t(SCOPES[scope])

export function matchedName(by: string, t: T): { text: string; why: string } {
  const found = MATCHED[by]
  return found === undefined ? { text: by, why: by } : { text: t(found.text), why: t(found.why) }
}

export const className = (name: string, t: T): string => {
  const text = CLASSES[name]
  return text === undefined ? name : t(text)
}

const ORDER = Object.keys(CLASSES)

/** Each class once, as people read them: in before out, text before the rest. */
export function inOrder(names: readonly string[]): string[] {
  const known = ORDER.filter((name) => names.includes(name))
  return [...known, ...new Set(names.filter((name) => !ORDER.includes(name)))]
}

const WEEK = [1, 2, 3, 4, 5, 6, 7] as const
const MONDAY = Date.UTC(2026, 0, 5)
const DAY_MS = 86_400_000

/** `Mon–Fri` of ISO days, `Sat, Sun`; null for all of them. */
export function daysText(days: readonly number[] = WEEK, language: string): string | null {
  const on = WEEK.filter((day) => days.includes(day))
  if (on.length === WEEK.length) return null
  const format = new Intl.DateTimeFormat(language, { weekday: 'short', timeZone: 'UTC' })
  const name = (day: number) => format.format(MONDAY + (day - 1) * DAY_MS)
  const first = on[0] ?? 1
  const isRun = on.length > 2 && on.every((day, place) => day === first + place)
  if (isRun) return `${name(first)}–${name(first + on.length - 1)}`
  return new Intl.ListFormat(language, { style: 'short', type: 'unit' }).format(on.map(name))
}
