import type { TFunction } from 'i18next'
import type { Provider } from './types'

/** What was saved; and what became of a base URL that named too much. */
export function savedText({ name, base_url: url, notices }: Provider, t: TFunction): string {
  return notices.length > 0
    ? t('providers:settings.shortened', { name, url })
    : t('providers:settings.saved', { name })
}
