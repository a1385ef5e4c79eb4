import { useQuery } from '@tanstack/react-query'
import { Button, type TableColumnsType } from 'antd'
import { useEffect } from 'react'
import { useTranslation } from 'react-i18next'
import { Link, useLocation } from 'react-router'
import * as z from 'zod/mini'
import type { ErrorCode } from '../../../api/types'
import { showLanguage, type Language } from '../../../i18n/index'
import { Card } from '../../../ui/card'
import { CopyButton } from '../../../ui/copy-button'
import { DataTable } from '../../../ui/data-table'
import { Empty } from '../../../ui/empty'
import { FilterBar } from '../../../ui/filter-bar'
import { ListBlock } from '../../../ui/list-block'
import { Wordmark } from '../../../ui/logo'
import { PageHeader } from '../../../ui/page-header'
import { useUrlState } from '../../../ui/url-state'
import { errorCodesQuery } from '../queries'

const ERRORS_URL = { q: z.string().check(z.maxLength(100)) } as const

function matches(row: ErrorCode, text: string): boolean {
  const words = `${row.code} ${row.status} ${row.meaning} ${row.cause} ${row.fix}`.toLowerCase()
  return words.includes(text.toLowerCase())
}

/** Public: where the `type` of every problem leads. */
export function ErrorsPage() {
  const { t } = useTranslation()
  const url = useUrlState(ERRORS_URL)
  const q = url.values.q ?? ''
  const query = useQuery(errorCodesQuery)
  const rows = (query.data ?? []).filter((row) => matches(row, q))
  const wanted = useWantedCode(query.data !== undefined)
  const columns: TableColumnsType<ErrorCode> = [
    { title: t('errors:column.code'), key: 'code', render: (_, row) => <Code row={row} /> },
    { title: t('errors:column.status'), dataIndex: 'status', width: 64, align: 'right' },
    { title: t('errors:column.meaning'), dataIndex: 'meaning' },
    { title: t('errors:column.cause'), dataIndex: 'cause' },
    { title: t('errors:column.fix'), dataIndex: 'fix' },
    { title: t('errors:column.retry'), key: 'retry', width: 72, render: (_, row) => <Retry row={row} /> },
  ]
  return (
    <div className="public-page">
      <Topbar />
      <main id="main" className="content">
        <PageHeader title={t('errors:title')} summary={t('errors:summary')} />
        <FilterBar
          search={{ value: q, placeholder: t('errors:search'), onChange: (text) => url.set({ q: text }) }}
          activeCount={q ? 1 : 0}
          onClear={url.clear}
        />
        <Card flush className="prose-table">
          <ListBlock
            query={query}
            problemTitle={t('errors:unread')}
            hasData={query.data !== undefined}
            isEmpty={rows.length === 0}
            empty={
              <Empty
                title={t('errors:nothing.title')}
                text={t('errors:nothing.text')}
                action={<Button onClick={url.clear}>{t('common:filter.clear')}</Button>}
              />
            }
          >
            <DataTable<ErrorCode>
              isProse
              label={t('errors:title')}
              rows={rows}
              rowKey={(row) => row.code}
              columns={columns}
              card={(row) => <ErrorCard row={row} />}
              rowClassName={(row) => (row.code === wanted ? 'ant-table-row-selected' : '')}
            />
          </ListBlock>
        </Card>
      </main>
    </div>
  )
}

/** The code behind `#`, scrolled into view once the table is there. */
function useWantedCode(isLoaded: boolean): string {
  const code = decodeURIComponent(useLocation().hash.slice(1))
  useEffect(() => {
    if (isLoaded && code) document.getElementById(code)?.scrollIntoView({ block: 'center' })
  }, [isLoaded, code])
  return code
}

function Topbar() {
  const { t, i18n } = useTranslation()
  const next: Language = i18n.language === 'zh-CN' ? 'en' : 'zh-CN'
  return (
    <header className="topbar">
      <Link to="/" className="brand" aria-label={t('errors:home')}>
        <Wordmark />
      </Link>
      <span className="grow" />
      <Button type="text" lang={next} onClick={() => void showLanguage(next)}>
        {next === 'en' ? 'EN' : '中文'}
      </Button>
    </header>
  )
}

function Code({ row }: { row: ErrorCode }) {
  const { t } = useTranslation()
  return (
    <span id={row.code} className="mono">
      <a href={`#${row.code}`}>{row.code}</a>
      <CopyButton iconOnly text={row.code} label={t('errors:column.code')} />
    </span>
  )
}

function Retry({ row }: { row: ErrorCode }) {
  const { t } = useTranslation()
  return row.retry ? t('errors:retry.yes') : <span className="muted">{t('errors:retry.no')}</span>
}

function ErrorCard({ row }: { row: ErrorCode }) {
  const { t } = useTranslation()
  const parts: [string, string][] = [
    [t('errors:column.cause'), row.cause],
    [t('errors:column.fix'), row.fix],
  ]
  return (
    <>
      <div className="row-card-head">
        <Code row={row} />
        <span>{row.status}</span>
      </div>
      <p>{row.meaning}</p>
      {parts.map(([label, text]) => (
        <p key={label} className="small">
          <span className="muted">{`${label}: `}</span>
          {text}
        </p>
      ))}
    </>
  )
}
