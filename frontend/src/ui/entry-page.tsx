import { useQuery } from '@tanstack/react-query'
import { Button } from 'antd'
import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { bootQuery } from '../api/session'
import { showLanguage, type Language } from '../i18n/index'
import { Wordmark } from './logo'
import { usePageTitle } from './page-header'

interface Props {
  title: string
  lede?: ReactNode
  side: ReactNode
  footer?: ReactNode
  /** Over the title: how far the way is. */
  above?: ReactNode
  children: ReactNode
}

/** Pages without a session: the form left, one fact right; on a phone the form only. */
export function EntryPage({ title, lede, side, footer, above, children }: Props) {
  const { i18n } = useTranslation()
  const { data: boot } = useQuery(bootQuery)
  const heading = usePageTitle(title)
  const next: Language = i18n.language === 'zh-CN' ? 'en' : 'zh-CN'
  return (
    <div className="entry">
      <main className="entry-form">
        <Wordmark size={28} />
        <div className="mid">
          {above}
          <h1 ref={heading} tabIndex={-1}>
            {title}
          </h1>
          {lede !== undefined && <p className="lede">{lede}</p>}
          {children}
        </div>
        <div className="entry-foot">
          <span>{boot ? `Switchyard ${boot.version}` : 'Switchyard'}</span>
          <Button type="link" size="small" lang={next} onClick={() => void showLanguage(next)}>
            {next === 'en' ? 'English' : '中文'}
          </Button>
          <span className="grow" />
          {footer}
        </div>
      </main>
      <aside className="entry-side">{side}</aside>
    </div>
  )
}
