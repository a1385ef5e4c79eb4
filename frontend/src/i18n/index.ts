import i18next from 'i18next'
import { initReactI18next } from 'react-i18next'

export type Language = 'en' | 'zh-CN'
export const LANGUAGES: readonly Language[] = ['en', 'zh-CN']
const CHOSEN = 'switchyard.language'

type Bundle = Record<string, Record<string, unknown>>
const LOADERS: Record<Language, () => Promise<{ texts: Bundle }>> = {
  en: () => import('./en'),
  'zh-CN': () => import('./zh-cn'),
}

export function asLanguage(value: string | null | undefined): Language | null {
  if (!value) return null
  if (value.toLowerCase().startsWith('zh')) return 'zh-CN'
  return value.toLowerCase().startsWith('en') ? 'en' : null
}

export function rememberedLanguage(): Language {
  return asLanguage(localStorage.getItem(CHOSEN)) ?? asLanguage(navigator.language) ?? 'en'
}

async function load(language: Language): Promise<void> {
  const { texts } = await LOADERS[language]()
  for (const [namespace, entries] of Object.entries(texts))
    i18next.addResourceBundle(language, namespace, entries)
}

/** Switches without reload; texts of a language are fetched when it is first shown. */
export async function showLanguage(language: Language): Promise<void> {
  if (!i18next.hasResourceBundle(language, 'common')) await load(language)
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
