import { useTranslation } from 'react-i18next'
import { useMaybeMe } from '../api/session'
import { asLanguage } from '../i18n/index'
import type { Zone } from '../i18n/format'

/** The zone of the person, and before anybody signed in that of the browser. */
export function useZone(): Zone {
  const me = useMaybeMe()
  const { i18n } = useTranslation()
  const tz = me?.tz ?? Intl.DateTimeFormat().resolvedOptions().timeZone
  return { tz, language: asLanguage(i18n.language) ?? 'en' }
}
