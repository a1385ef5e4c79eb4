import i18next from 'i18next'
import { initReactI18next } from 'react-i18next'
import { loadLanguage } from './texts'

export type Language = 'en' | 'zh-CN'
const CHOSEN = 'switchyard.language'

export function asLanguage(value: string | null | undefined): Language | null {
  if (!value) return null
  if (value.toLowerCase().startsWith('zh')) return 'zh-CN'
  return value.toLowerCase().startsWith('en') ? 'en' : null
}

export function rememberedLanguage(): Language {
  return asLanguage(localStorage.getItem(CHOSEN)) ?? asLanguage(navigator.language) ?? 'en'
}

/** Switches without reload. */
export async function showLanguage(language: Language): Promise<void> {
  await loadLanguage(language)
  await i18next.changeLanguage(language)
  localStorage.setItem(CHOSEN, language)
  document.documentElement.lang = language
}

export async function startI18n(language: Language): Promise<void> {
  await i18next.use(initReactI18next).init({
    lng: language,
    fallbackLng: false,
    ns: [],
    defaultNS: 'common',
    resources: {},
    interpolation: { escapeValue: false },
    returnNull: false,
  })
  await showLanguage(language)
}
