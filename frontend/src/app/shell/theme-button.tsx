import { MoonOutlined, SunOutlined } from '@ant-design/icons'
import { useQueryClient } from '@tanstack/react-query'
import { Button } from 'antd'
import { useTranslation } from 'react-i18next'
import { savePreferences, useMaybeMe } from '../../api/session'
import { chooseLook, useMode } from '../../ui/theme-choice'

export function ThemeButton() {
  const { t } = useTranslation()
  const isDark = useMode() === 'dark'
  const me = useMaybeMe()
  const client = useQueryClient()
  const change = async () => {
    const theme = isDark ? 'light' : 'dark'
    chooseLook({ theme })
    if (!me) return
    await savePreferences({ theme })
    await client.invalidateQueries({ queryKey: ['me'] })
  }
  const label = t(isDark ? 'shell:theme.to_light' : 'shell:theme.to_dark')
  return (
    <Button
      type="text"
      icon={isDark ? <SunOutlined /> : <MoonOutlined />}
      aria-label={label}
      title={label}
      onClick={() => void change()}
    />
  )
}
