import { FilterOutlined, PauseOutlined, CaretRightOutlined } from '@ant-design/icons'
import { Button, Select, Tabs } from 'antd'
import { lazy, Suspense, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { inView, isRelative, isRunning, RANGES, viewOf, VIEWS, type Range } from '../filters'
import type { RequestsUrl } from '../use-requests-url'
import { ExportMenu } from './export-menu'
import { FilterBuilder } from './filter-builder'
import { FilterBoxes, FilterChips } from './request-filters'
import { withPair } from '../filters'

const FilterSheet = lazy(() => import('../../../ui/filter-sheet'))

const RANGE_TEXTS: Readonly<Record<Range, string>> = {
  '15m': 'requests:range.15m',
  '1h': 'requests:range.1h',
  '6h': 'requests:range.6h',
  '24h': 'requests:range.24h',
  '7d': 'requests:range.7d',
  '30d': 'requests:range.30d',
}

export function RangeSelect({ url }: { url: RequestsUrl }) {
  const { t } = useTranslation()
  const { period } = url.filter
  return (
    <Select
      className="range-select"
      aria-label={t('requests:range.label')}
      value={isRelative(period) ? period.range : null}
      placeholder={t('requests:range.custom')}
      options={RANGES.map((value) => ({ value, label: t(RANGE_TEXTS[value]) }))}
      onChange={(range: Range) => url.setPeriod({ range })}
    />
  )
}

/** The sentence of a range: "in the last hour". */
export function rangeWords(url: RequestsUrl, t: (key: string) => string): string {
  const { period } = url.filter
  return t(isRelative(period) ? IN_RANGE[period.range] : 'requests:in_range.custom')
}

const IN_RANGE: Readonly<Record<Range, string>> = {
  '15m': 'requests:in_range.15m',
  '1h': 'requests:in_range.1h',
  '6h': 'requests:in_range.6h',
  '24h': 'requests:in_range.24h',
  '7d': 'requests:in_range.7d',
  '30d': 'requests:in_range.30d',
}

interface Live {
  isPaused: boolean
  toggle: () => void
}

export function LiveButton({ url, live: { isPaused, toggle } }: { url: RequestsUrl; live: Live }) {
  const { t } = useTranslation()
  // What has ended has no news.
  if (!isRunning(url.filter.period)) return null
  return (
    <Button
      icon={isPaused ? <CaretRightOutlined /> : <PauseOutlined />}
      aria-pressed={isPaused}
      title={t('requests:live.key')}
      onClick={toggle}
    >
      {t(isPaused ? 'requests:live.resume' : 'requests:live.pause')}
    </Button>
  )
}

export function PageActions({ url, live }: { url: RequestsUrl; live: Live }) {
  return (
    <>
      <RangeSelect url={url} />
      <LiveButton url={url} live={live} />
      <ExportMenu filter={url.filter} />
    </>
  )
}

export function Views({ url, isMobile }: { url: RequestsUrl; isMobile: boolean }) {
  const { t } = useTranslation()
  const active = viewOf(url.filter.pairs)
  const choose = (key: string) => url.setPairs((pairs) => inView(pairs, key))
  if (isMobile) {
    return (
      <Select
        className="views full"
        aria-label={t('requests:view.label')}
        placeholder={t('requests:view.own')}
        value={active}
        options={VIEWS.map(({ key, text }) => ({ value: key, label: t(text) }))}
        onChange={choose}
      />
    )
  }
  return (
    <Tabs
      className="views"
      activeKey={active ?? 'own'}
      onTabClick={choose}
      items={VIEWS.map(({ key, text }) => ({ key, label: t(text) }))}
    />
  )
}

interface StickyProps {
  url: RequestsUrl
  models: string
  live: Live
}

/** At the thumb: everything about filters in a sheet, and the pause. */
export function StickyActions({ url, models, live }: StickyProps) {
  const { t } = useTranslation()
  const [isOpen, setOpen] = useState(false)
  const count = url.filter.pairs.length + Number(!isRelative(url.filter.period))
  return (
    <div className="sticky-action">
      <Button icon={<FilterOutlined />} onClick={() => setOpen(true)}>
        {count > 0 ? t('common:filter.open_count', { count }) : t('common:filter.open')}
      </Button>
      <LiveButton url={url} live={live} />
      <Suspense fallback={null}>
        {isOpen && (
          <FilterSheet
            clear={
              count > 0 && (
                <Button type="link" onClick={url.clear}>
                  {t('common:filter.clear')}
                </Button>
              )
            }
            onClose={() => setOpen(false)}
          >
            <RangeSelect url={url} />
            <FilterBoxes url={url} models={models} />
            <div className="chips-line">
              <FilterChips url={url} />
            </div>
            <FilterBuilder onAdd={(pair) => url.setPairs((pairs) => withPair(pairs, pair))} />
            <ExportMenu filter={url.filter} />
          </FilterSheet>
        )}
      </Suspense>
    </div>
  )
}
