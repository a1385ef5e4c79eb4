import { useQuery } from '@tanstack/react-query'
import { Select, Tabs } from 'antd'
import { useTranslation } from 'react-i18next'
import { useLocation } from 'react-router'
import { useAllowed, useMe, useTenantSlug } from '../../../api/session'
import { COST } from '../../../app/capabilities'
import { moneyExact, moneyShort } from '../../../i18n/money'
import { BlockBoundary } from '../../../ui/block-boundary'
import { PageHeader } from '../../../ui/page-header'
import { useUrlState, writeUrlState } from '../../../ui/url-state'
import { useIsMobile } from '../../../ui/use-media'
import { BooksLine } from '../components/books-line'
import { PeriodCards } from '../components/period-cards'
import { RangeSelect } from '../components/range-select'
import { RankedCard } from '../components/ranked-card'
import { TrendCard } from '../components/trend-card'
import { UnpricedBadge } from '../components/unpriced-badge'
import { COST_URL, stretchOf, type Stretch } from '../filters'
import { changeText } from '../numbers'
import { currentCostQuery, type Whom } from '../queries'
import type { Dimension } from '../types'

const TAB_TEXTS = {
  overview: 'cost:tab.overview',
  model: 'cost:by.model',
  key: 'cost:by.key',
  user: 'cost:by.user',
} as const
type Tab = keyof typeof TAB_TEXTS

/** Everything this person may see. */
export function CostPage() {
  const { t } = useTranslation()
  return <Spending title={t('cost:title')} user={null} tabs={['overview', 'model', 'key', 'user']} />
}

/** What this person spent, whatever else they may see. */
export function UsagePage() {
  const { t } = useTranslation()
  return <Spending title={t('cost:my_title')} user={useOwnId()} tabs={['overview', 'model', 'key']} />
}

/** Whoever sees nobody else's needs no filter to see their own; the figures of today know none. */
function useOwnId(): Whom {
  const { user } = useMe()
  return useAllowed(COST) ? user.id : null
}

function Spending({ title, user, tabs }: { title: string; user: Whom; tabs: readonly Tab[] }) {
  const { t } = useTranslation()
  const isMobile = useIsMobile()
  const url = useUrlState(COST_URL)
  const stretch = stretchOf(url.values)
  const tab = tabs.find((name) => name === url.values.tab) ?? 'overview'
  const show = (next: string) => url.set({ tab: next === 'overview' ? undefined : next })
  const range = <RangeSelect stretch={stretch} set={url.set} />
  const items = tabs.map((key) => ({ key, label: t(TAB_TEXTS[key]) }))
  return (
    <>
      <PageHeader
        title={title}
        summary={user === null ? <Answer /> : t('cost:my_summary')}
        actions={!isMobile && range}
      />
      {isMobile ? (
        <Select
          className="views"
          aria-label={t('cost:tab.label')}
          value={tab}
          options={items.map(({ key, label }) => ({ value: key, label }))}
          onChange={show}
        />
      ) : (
        <Tabs className="views" activeKey={tab} items={items} onChange={show} />
      )}
      {isMobile && <div className="range-row">{range}</div>}
      {tab === 'overview' ? (
        <Overview
          user={user}
          stretch={stretch}
          tabs={tabs}
          isTable={url.values.view === 'table'}
          onView={(view) => url.set({ view })}
        />
      ) : (
        <RankedCard key={tab} by={tab} user={user} stretch={stretch} />
      )}
      <BooksLine />
    </>
  )
}

interface OverviewProps {
  user: Whom
  stretch: Stretch
  tabs: readonly Tab[]
  isTable: boolean
  onView: (view: 'table' | undefined) => void
}

function Overview({ user, stretch, tabs, isTable, onView }: OverviewProps) {
  const { t } = useTranslation()
  const { pathname, search } = useLocation()
  const more = (tab: Dimension) => `${pathname}?${writeUrlState(new URLSearchParams(search), { tab })}`
  const lists = tabs.filter((tab): tab is Dimension => tab !== 'overview')
  return (
    <div className="cost-overview">
      {user === null && (
        <BlockBoundary title={t('cost:current_unread')}>
          <PeriodCards />
        </BlockBoundary>
      )}
      <BlockBoundary title={t('cost:daily_unread')}>
        <TrendCard user={user} stretch={stretch} isTable={isTable} onView={onView} />
      </BlockBoundary>
      <div className="rank-cards">
        {lists.map((by) => (
          <BlockBoundary key={by} title={t('cost:ranked_unread')}>
            <RankedCard by={by} user={user} stretch={stretch} moreHref={more(by)} />
          </BlockBoundary>
        ))}
      </div>
    </div>
  )
}

/** The answer in one sentence, and beside it what has no price. */
function Answer() {
  const { t } = useTranslation()
  const { data } = useQuery(currentCostQuery(useTenantSlug()))
  if (!data) return null
  const { cost, change_pct: change } = data.today
  const facts = { cost: moneyShort(cost ?? '0', data.currency), amount: changeText(change ?? 0) }
  return (
    <span className="cost-answer">
      {cost !== null && <span title={moneyExact(cost, data.currency)}>{t(answerOf(change), facts)}</span>}
      <UnpricedBadge requests={data.unpriced.requests} share={data.unpriced.share} />
    </span>
  )
}

function answerOf(change: number | null): string {
  if (change === null || change === 0) return 'cost:answer.today'
  return change < 0 ? 'cost:answer.less' : 'cost:answer.more'
}
