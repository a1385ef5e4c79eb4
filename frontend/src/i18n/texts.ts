// One file per feature and language, fetched when the feature is first shown in that language.
import i18next from 'i18next'

const FILES = import.meta.glob<Record<string, unknown>>('./locales/*/*.json', { import: 'default' })
const BASICS = ['common', 'shell']
const shown = new Set(BASICS)

async function loadOne(language: string, namespace: string): Promise<void> {
  if (i18next.hasResourceBundle(language, namespace)) return
  const load = FILES[`./locales/${language}/${namespace}.json`]
  if (load) i18next.addResourceBundle(language, namespace, await load())
}

/** Every text shown so far, in another language: nothing on the page may stay behind. */
export async function loadLanguage(language: string): Promise<void> {
  await Promise.all([...shown].map((namespace) => loadOne(language, namespace)))
}

/** Fetches a page together with its texts. */
export async function withTexts<T>(namespace: string, page: Promise<T>): Promise<T> {
  shown.add(namespace)
  const [loaded] = await Promise.all([page, loadOne(i18next.language, namespace)])
  return loaded
}
