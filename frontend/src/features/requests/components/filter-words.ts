import type { TFunction } from 'i18next'
import { dialectText } from '../../../i18n/dialects'
import { moneyShort } from '../../../i18n/money'
import { spanText } from '../../../i18n/spans'
import { bare, isNegated, isThreshold, type Pair } from '../filters'
import { lossText } from '../losses'
import { STATUS_LOOKS } from './cells'
import type { RequestStatus } from '../types'

export const FIELD_TEXTS: Readonly<Record<string, string>> = {
  status: 'requests:field.status',
  error_code: 'requests:field.error_code',
  requested_model: 'requests:field.requested_model',
  served_model: 'requests:field.served_model',
  provider: 'requests:field.provider',
  credential: 'requests:field.credential',
  key: 'requests:field.key',
  user: 'requests:field.user',
  session: 'requests:field.session',
  source: 'requests:field.source',
  dialect: 'requests:field.dialect',
  target_dialect: 'requests:field.target_dialect',
  lane: 'requests:field.lane',
  stream: 'requests:field.stream',
  cache: 'requests:field.cache',
  fallback: 'requests:field.fallback',
  degraded: 'requests:field.degraded',
  cost_gte: 'requests:field.cost',
  latency_ms_gte: 'requests:field.latency',
  tokens_gte: 'requests:field.tokens',
}

const VALUE_TEXTS: Readonly<Record<string, string>> = {
  true: 'requests:value.yes',
  false: 'requests:value.no',
  error: 'requests:value.error',
}

const LANE_TEXTS: Readonly<Record<string, string>> = {
  native: 'requests:value.native',
  translation: 'requests:value.translation',
  none: 'requests:value.none',
}

export const laneWord = (lane: string, t: TFunction) => t(LANE_TEXTS[lane] ?? lane)

export function valueText(name: string, value: string, t: TFunction): string {
  if (name === 'cost_gte') return moneyShort(value, 'USD')
  if (name === 'dialect' || name === 'target_dialect') return dialectText(value)
  if (name === 'lane') return laneWord(value, t)
  if (name === 'degraded') return lossText(value, t)
  if (name === 'latency_ms_gte') return spanText(Number(value))
  if (name === 'status' && value !== 'error') return t(STATUS_LOOKS[value as RequestStatus].text)
  const text = name === 'status' || name === 'stream' || name === 'fallback' ? VALUE_TEXTS[value] : undefined
  return text ? t(text) : value
}

/** "Source is not playground", "Latency ≥ 10 s". */
export function pairText([name, value]: Pair, t: TFunction, names: ReadonlyMap<string, string>): string {
  const field = t(FIELD_TEXTS[bare(name)] ?? name)
  const shown = names.get(value) ?? valueText(bare(name), value, t)
  if (isThreshold(name)) return t('requests:chip.at_least', { field, value: shown })
  return t(isNegated(name) ? 'requests:chip.is_not' : 'requests:chip.is', { field, value: shown })
}
