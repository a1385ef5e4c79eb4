import { useQuery } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { useTenantSlug } from '../../../api/session'
import { tokenCount, wholeNumber } from '../../../i18n/format'
import { Loading } from '../../../ui/loading'
import { Money } from '../../../ui/money'
import { ProblemView } from '../../../ui/problem'
import { useZone } from '../../../ui/use-zone'
import { currentCostQuery } from '../queries'
import type { CurrentCost, Period } from '../types'
import { Delta } from './delta'

const PERIODS = [
  { name: 'today', title: 'cost:period.today', versus: 'cost:period.versus_day' },
  { name: 'this_week', title: 'cost:period.week', versus: 'cost:period.versus_week' },
  { name: 'this_month', title: 'cost:period.month', versus: 'cost:period.versus_month' },
] as const

/** Today, this week, this month against the same stretch before, and where the month is going. */
export function PeriodCards() {
  const { t } = useTranslation()
  const query = useQuery(currentCostQuery(useTenantSlug()))
  if (query.data === undefined && query.isError) {
    return (
      <section className="card">
        <ProblemView
          error={query.error}
          title={t('cost:current_unread')}
          onRetry={() => void query.refetch()}
        />
      </section>
    )
  }
  return (
    <div className="metric-row" aria-busy={query.isFetching}>
      {PERIODS.map(({ name, title, versus }) => (
        <MetricCard key={name} title={t(title)}>
          {query.data ? <PeriodFigures period={query.data[name]} versus={t(versus)} /> : <Loading rows={3} />}
        </MetricCard>
      ))}
      <MetricCard title={t('cost:forecast.title')}>
        {query.data ? <ForecastFigures current={query.data} /> : <Loading rows={3} />}
      </MetricCard>
    </div>
  )
}

function MetricCard({ title, children }: { title: string; children: ReactNode }) {
  return (
    <section className="card metric" aria-label={title}>
      <h2>{title}</h2>
      {children}
    </section>
  )
}

function PeriodFigures({ period, versus }: { period: Period; versus: string }) {
  const { t } = useTranslation()
  const { language } = useZone()
  return (
    <>
      <div className="metric-value">
        <Money amount={period.cost} />
      </div>
      <div className="metric-delta">
        <Delta percent={period.change_pct} isKnown={period.previous !== null} />
        <span className="muted">
          {versus} <Money amount={period.previous} />
        </span>
      </div>
      <div className="metric-details">
        <span>
          {t('cost:column.requests')} <b>{wholeNumber(period.requests, language)}</b>
        </span>
        <span title={wholeNumber(period.tokens, language)}>
          {t('cost:column.tokens')} <b>{tokenCount(period.tokens, language)}</b>
        </span>
        {period.vendor_cost !== undefined && period.vendor_cost !== period.cost && (
          <span>
            {t('cost:period.vendors')}{' '}
            <b>
              <Money amount={period.vendor_cost} />
            </b>
          </span>
        )}
      </div>
    </>
  )
}

function ForecastFigures({ current }: { current: CurrentCost }) {
  const { t } = useTranslation()
  const forecast = current.month_forecast
  if (forecast === null) {
    return (
      <>
        <div className="metric-value muted">{'—'}</div>
        <div className="metric-delta muted">{t('cost:forecast.too_early')}</div>
      </>
    )
  }
  return (
    <>
      <div className="metric-value">
        <Money amount={forecast.amount} />
      </div>
      <div className="metric-delta muted">
        <span>
          <Money amount={forecast.low} />
          {' – '}
          <Money amount={forecast.high} />
        </span>
      </div>
      <div className="metric-details">{t('cost:forecast.how')}</div>
    </>
  )
}
