import { useQuery } from '@tanstack/react-query'
import { Button } from 'antd'
import type { ComponentProps, ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { useTenantSlug } from '../../../api/session'
import { wholeNumber } from '../../../i18n/format'
import { isProblem } from '../../../api/problem'
import { ListBlock } from '../../../ui/list-block'
import { ProblemView } from '../../../ui/problem'
import { TimeText } from '../../../ui/time-text'
import { useZone } from '../../../ui/use-zone'
import { totals } from '../histogram'
import { histogramQuery } from '../queries'
import type { RequestPage, RequestRow } from '../types'
import type { RequestsUrl } from '../use-requests-url'
import { NoRequests } from './no-requests'
import { rangeWords } from './page-tools'
import { periodText } from './period-text'

type Pages = ComponentProps<typeof ListBlock>['query'] & {
  data: { pages: RequestPage[] } | undefined
  hasNextPage: boolean
  isFetchingNextPage: boolean
  fetchNextPage: () => unknown
}

interface ListProps {
  query: Pages
  rows: readonly RequestRow[]
  url: RequestsUrl
  children: ReactNode
}

export function List({ query, rows, url, children }: ListProps) {
  const { t } = useTranslation()
  const narrower = isProblem(query.error) ? query.error.body.suggestions : undefined
  if (narrower && query.data === undefined) return <Narrower query={query} ranges={narrower} url={url} />
  return (
    <ListBlock
      query={query}
      problemTitle={t('requests:unread')}
      hasData={query.data !== undefined}
      isEmpty={rows.length === 0}
      empty={<NoRequests url={url} />}
    >
      {children}
    </ListBlock>
  )
}

interface NarrowerProps {
  query: Pages
  ranges: readonly { from: string; to: string }[]
  url: RequestsUrl
}

/** The question took too long: its halves, to be asked instead. */
function Narrower({ query, ranges, url }: NarrowerProps) {
  const { t } = useTranslation()
  const zone = useZone()
  return (
    <>
      <ProblemView error={query.error} title={t('requests:unread')} onRetry={() => void query.refetch()} />
      <div className="narrower">
        {ranges.map((range) => (
          <Button key={range.from} onClick={() => url.setPeriod(range)}>
            {periodText(range, zone)}
          </Button>
        ))}
      </div>
    </>
  )
}

/** How much of it is here, and how far the books are. */
export function Foot({ query, rows }: { query: Pages; rows: number }) {
  const { t } = useTranslation()
  const { language } = useZone()
  const at = query.data?.pages[0]?.complete_to
  return (
    <div className="table-foot">
      <span>{t('requests:foot.rows', { count: rows, shown: wholeNumber(rows, language) })}</span>
      {at && (
        <span>
          {t('requests:foot.complete')} <TimeText at={at} />
        </span>
      )}
      <span className="grow" />
      <span className="only-wide">{t('requests:foot.keys')}</span>
      {query.hasNextPage && (
        <Button size="small" loading={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>
          {t('common:show_more')}
        </Button>
      )}
    </div>
  )
}

export function NewPill({ count, onShow }: { count: number; onShow: () => void }) {
  const { t } = useTranslation()
  return (
    <div className="new-pill">
      <Button type="primary" shape="round" onClick={onShow}>
        {t('requests:live.new', { count })}
      </Button>
    </div>
  )
}

/** "2,184 in the last hour, 31 failed. Newest first, times in Asia/Shanghai." */
export function Summary({ url, isPaused }: { url: RequestsUrl; isPaused: boolean }) {
  const { t } = useTranslation()
  const tenant = useTenantSlug()
  const { tz, language } = useZone()
  const { data, isPlaceholderData } = useQuery(histogramQuery(tenant, url.filter, { isPaused }))
  const order = t('requests:summary.order', { tz })
  if (!data || isPlaceholderData) return <>{order}</>
  const { all, failed } = totals(data)
  const range = rangeWords(url, t)
  const count = t('requests:summary.count', {
    count: all,
    shown: wholeNumber(all, language),
    failed: wholeNumber(failed, language),
    range,
  })
  return <>{t('requests:summary.both', { counts: count, order })}</>
}
