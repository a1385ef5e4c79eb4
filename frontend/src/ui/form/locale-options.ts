import type { Language } from '../../i18n/index'

/** Names of languages stay in the language itself. */
export const LANGUAGE_OPTIONS: { value: Language; label: string }[] = [
  { value: 'en', label: 'English' },
  { value: 'zh-CN', label: '简体中文' },
]

export const CURRENCIES = ['USD', 'EUR', 'GBP', 'CNY', 'JPY', 'HKD', 'SGD', 'INR', 'AUD', 'CAD', 'CHF', 'KRW']

export function browserZone(): string {
  return Intl.DateTimeFormat().resolvedOptions().timeZone
}

/** Every zone this browser knows, and the one already chosen even if it does not. */
export function zoneOptions(chosen: string): { value: string; label: string }[] {
  const zones = new Set(['UTC', ...Intl.supportedValuesOf('timeZone'), chosen])
  return [...zones].filter(Boolean).map((zone) => ({ value: zone, label: zone }))
}
