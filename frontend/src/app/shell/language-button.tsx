import { Button } from 'antd'
import { useTranslation } from 'react-i18next'
import { useQueryClient } from '@tanstack/react-query'
import { savePreferences, useMaybeMe } from '../../api/session'
import { showLanguage, type Language } from '../../i18n/index'

/** Shows the language it switches to, in that language. */
export function LanguageButton() {
  const { i18n } = useTranslation()
  const me = useMaybeMe()
  const client = useQueryClient()
  const next: Language = i18n.language === 'zh-CN' ? 'en' : 'zh-CN'
  const change = async () => {
    await showLanguage(next)
    if (!me) return
    await savePreferences({ locale: next })
    await client.invalidateQueries({ queryKey: ['me'] })
  }
  return (
    <Button type="text" lang={next} onClick={() => void change()}>
      {next === 'en' ? 'EN' : '中文'}
    </Button>
  )
}
