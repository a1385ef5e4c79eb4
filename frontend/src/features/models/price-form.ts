// A price as form values: the classes most rows have as fields of their own, the rest as lists and as JSON.
import type { Price, PriceTerms, Rates, Tier, TimeWindow } from './types'

export const MAIN_CLASSES = ['in_fresh', 'in_cache_read', 'in_cache_write_5m', 'out_text'] as const
export type MainClass = (typeof MAIN_CLASSES)[number]

export const OTHER_CLASSES = [
  'in_cache_write_30m',
  'in_cache_write_1h',
  'in_cache_write_12h',
  'in_audio',
  'in_image',
  'in_video',
  'out_reasoning',
  'out_audio',
  'out_image',
] as const

export interface PriceValues extends Record<MainClass, string> {
  /** Without a name while none is chosen. */
  others: { name?: string; rate: string }[]
  per_call: string
  tiers: string
  variants: string
  time_windows: string
  /** Local, as the field of the browser writes it; empty: now. */
  valid_from: string
  note: string
  for_all: boolean
}

export const NO_PRICE: PriceValues = {
  in_fresh: '',
  in_cache_read: '',
  in_cache_write_5m: '',
  out_text: '',
  others: [],
  per_call: '',
  tiers: '',
  variants: '',
  time_windows: '',
  valid_from: '',
  note: '',
  for_all: false,
}

const AMOUNT = /^\d{1,9}(?:\.\d{1,12})?$/
export const isAmount = (text: string) => AMOUNT.test(text.trim())

function isMain(name: string): name is MainClass {
  return (MAIN_CLASSES as readonly string[]).includes(name)
}

const pretty = (value: object) => (Object.keys(value).length === 0 ? '' : JSON.stringify(value, null, 2))

export function priceValues(price: Price): PriceValues {
  const main = Object.fromEntries(MAIN_CLASSES.map((name) => [name, price.rates[name] ?? '']))
  return {
    ...NO_PRICE,
    ...main,
    others: Object.entries(price.rates)
      .filter(([name]) => !isMain(name))
      .map(([name, rate]) => ({ name, rate })),
    per_call: pretty(price.per_call),
    tiers: pretty(price.tiers),
    variants: pretty(price.variants),
    time_windows: pretty(price.time_windows),
  }
}

/** What a text of JSON stands for; null when it is no `kind`. */
export function parsed(text: string | undefined, kind: 'list' | 'object'): unknown {
  if (text === undefined || text.trim() === '') return kind === 'list' ? [] : {}
  try {
    const value: unknown = JSON.parse(text)
    const isRight =
      kind === 'list'
        ? Array.isArray(value)
        : typeof value === 'object' && value !== null && !Array.isArray(value)
    return isRight ? value : null
  } catch {
    return null
  }
}

function ratesOf(values: PriceValues): Rates {
  const main = MAIN_CLASSES.map((name) => [name, values[name].trim()] as const)
  const others = values.others.map(({ name = '', rate }) => [name, rate.trim()] as const)
  return Object.fromEntries([...main, ...others].filter(([name, rate]) => name !== '' && rate !== ''))
}

export function priceTerms(values: PriceValues): PriceTerms {
  const note = values.note.trim()
  return {
    rates: ratesOf(values),
    per_call: parsed(values.per_call, 'object') as Rates,
    tiers: parsed(values.tiers, 'list') as Tier[],
    variants: parsed(values.variants, 'object') as Record<string, Rates>,
    time_windows: parsed(values.time_windows, 'list') as TimeWindow[],
    ...(values.valid_from === '' ? {} : { valid_from: new Date(values.valid_from).toISOString() }),
    ...(note === '' ? {} : { note }),
  }
}

/** A model that costs nothing says so: without a row its cost would be unknown. */
export const FREE: Rates = { in_fresh: '0', out_text: '0' }
