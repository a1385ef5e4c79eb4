import { useInfiniteQuery } from '@tanstack/react-query'
import { Button } from 'antd'
import { lazy, Suspense, useCallback, useEffect, useMemo, useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { useNavigate } from 'react-router'
import { useTenantSlug } from '../../../api/session'
import { Card } from '../../../ui/card'
import { PageHeader } from '../../../ui/page-header'
import { useIsMobile } from '../../../ui/use-media'
import { ColumnSettings } from '../components/column-settings'
import { RequestHistogram } from '../components/histogram'
import { Foot, List, NewPill, Summary } from '../components/page-parts'
import { PageActions, StickyActions, Views } from '../components/page-tools'
import { RequestCards } from '../components/request-cards'
import { FilterBoxes, FilterChips, FilterSearch, modelsOf, MoreFilters } from '../components/request-filters'
import { RequestTable } from '../components/request-table'
import { listQuery } from '../queries'
import type { RequestRow } from '../types'
import { useColumns } from '../use-columns'
import { useLiveRequests } from '../use-live-requests'
import { useRequestsUrl } from '../use-requests-url'
import { useRowKeys } from '../use-row-keys'

const RequestDrawer = lazy(async () => ({
  default: (await import('../components/request-drawer')).RequestDrawer,
}))

/** A phone scrolls the page; its first screen is the top. */
const SCROLLED_PX = 320

export function RequestsPage() {
  const { t } = useTranslation()
  const tenant = useTenantSlug()
  const go = useNavigate()
  const isMobile = useIsMobile()
  const url = useRequestsUrl()
  const [isPaused, setPaused] = useState(false)
  const [isScrolled, setScrolled] = useState(false)
  const [selected, setSelected] = useState<string | null>(url.opened)
  const scroller = useRef<HTMLDivElement>(null)
  const columns = useColumns()
  const query = useInfiniteQuery(listQuery(tenant, url.filter, { isPaused }))
  const read = useMemo(() => query.data?.pages.flatMap(({ data }) => data) ?? [], [query.data])
  const { rows, waiting, show } = useLiveRequests({ filter: url.filter, rows: read, isPaused, isScrolled })
  const models = useMemo(() => modelsOf(rows), [rows])
  const live = { isPaused, toggle: () => setPaused(!isPaused) }

  const { open: openInUrl, setPairs } = url
  const tools = useMemo(() => ({ open: openInUrl, setPairs }), [openInUrl, setPairs])
  const open = useCallback(
    (row: RequestRow) => {
      setSelected(row.id)
      openInUrl(row.id)
    },
    [openInUrl],
  )
  const close = () => url.open(null)
  const move = (by: number) => {
    const at = rows.findIndex(({ id }) => id === selected)
    const next = rows[at < 0 ? 0 : Math.max(0, Math.min(rows.length - 1, at + by))]
    if (!next) return
    setSelected(next.id)
    if (url.opened !== null) url.open(next.id)
  }
  useRowKeys({
    move,
    open: () => {
      const row = rows.find(({ id }) => id === selected)
      if (row && isMobile) void go(`/t/${tenant}/requests/${row.id}`)
      else if (row) open(row)
    },
    close,
    toggleLive: live.toggle,
  })
  useEffect(() => {
    if (!isMobile) return
    const scrolled = () => setScrolled(window.scrollY > SCROLLED_PX)
    window.addEventListener('scroll', scrolled, { passive: true })
    return () => window.removeEventListener('scroll', scrolled)
  }, [isMobile])
  const showNew = () => {
    show()
    scroller.current?.scrollTo({ top: 0 })
    if (isMobile) window.scrollTo({ top: 0 })
  }

  return (
    <div className={isMobile ? 'req-page-mobile' : undefined}>
      <PageHeader
        title={t('requests:title')}
        summary={<Summary url={url} isPaused={isPaused} />}
        actions={!isMobile && <PageActions url={url} live={live} />}
      />
      <Views url={url} isMobile={isMobile} />
      <div className="filters req-filters" role="search">
        <FilterSearch url={url} />
        {!isMobile && (
          <>
            <FilterBoxes url={url} models={models} />
            <MoreFilters url={url} />
            <div className="filter-chips">
              <FilterChips url={url} />
              {url.filter.pairs.length > 0 && (
                <Button type="link" onClick={url.clear}>
                  {t('common:filter.clear')}
                </Button>
              )}
            </div>
          </>
        )}
      </div>
      <Card flush className="req-card">
        <RequestHistogram filter={url.filter} isPaused={isPaused} onZoom={url.setPeriod} />
        {!isMobile && waiting > 0 && <NewPill count={waiting} onShow={showNew} />}
        {!isMobile && (
          <List query={query} rows={rows} url={url}>
            <RequestTable
              rows={rows}
              columns={columns}
              total={query.hasNextPage ? null : rows.length}
              selected={url.opened ?? selected}
              scroller={scroller}
              headAction={<ColumnSettings columns={columns} />}
              tools={tools}
              onOpen={open}
              onScrolled={({ isAtTop }) => setScrolled(!isAtTop)}
              onNearEnd={() => {
                if (query.hasNextPage && !query.isFetchingNextPage) void query.fetchNextPage()
              }}
            />
            <Foot rows={rows.length} query={query} />
          </List>
        )}
      </Card>
      {isMobile && (
        <>
          {waiting > 0 && <NewPill count={waiting} onShow={showNew} />}
          <List query={query} rows={rows} url={url}>
            <RequestCards rows={rows} />
            <Foot rows={rows.length} query={query} />
          </List>
          <StickyActions url={url} models={models} live={live} />
        </>
      )}
      <Suspense fallback={null}>
        {url.opened !== null && (
          <RequestDrawer id={url.opened} row={rows.find(({ id }) => id === url.opened)} onClose={close} />
        )}
      </Suspense>
    </div>
  )
}
