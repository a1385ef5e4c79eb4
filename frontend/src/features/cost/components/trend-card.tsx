import { useQuery } from '@tanstack/react-query'
import { Button } from 'antd'
import type { TFunction } from 'i18next'
import { useTranslation } from 'react-i18next'
import { useNavigate } from 'react-router'
import { useAllowed, useMe, useTenantSlug } from '../../../api/session'
import { REQUESTS } from '../../../app/capabilities'
import { Card } from '../../../ui/card'
import { localDay } from '../../../i18n/zone-day'
import { csvText, saveFile } from '../../../ui/csv'
import { ListBlock } from '../../../ui/list-block'
import { daysStretch, dayWithin, requestsHref, type Stretch } from '../filters'
import { dailyCostQuery, type Whom } from '../queries'
import type { DayCost } from '../types'
import { DayBars } from './day-bars'
import { DayTable } from './day-table'
import { NothingSpent } from './nothing-spent'

interface Props {
  user: Whom
  stretch: Stretch
  isTable: boolean
  onView: (view: 'table' | undefined) => void
}

const FEW = 2

/** What was spent each local day of the range: bars, or the same as a table. */
export function TrendCard({ user, stretch, isTable, onView }: Props) {
  const { t } = useTranslation()
  const tenant = useTenantSlug()
  const go = useNavigate()
  const me = useMe()
  const mayOpen = useAllowed(REQUESTS)
  const query = useQuery(dailyCostQuery(tenant, user, stretch))
  const today = query.data && localDay(query.data.generated_at, query.data.tz)
  const days = (query.data?.data ?? []).filter(({ day }) => today === undefined || day <= today)
  const isEmpty = days.every(({ requests }) => requests === 0)
  const own: Record<string, string> = user === null ? {} : { user }
  const tz = query.data?.tz ?? me.reporting_tz ?? 'UTC'
  const href = (day: string) =>
    requestsHref(tenant, own, query.data ? dayWithin(day, query.data) : daysStretch(day, day, tz))
  const asTable = isTable || days.length <= FEW
  return (
    <Card
      title={t('cost:trend.title')}
      hint={t('cost:trend.hint', { zone: tz })}
      flush={asTable || isEmpty}
      className="trend-card"
      extra={
        query.data &&
        !isEmpty && (
          <>
            {days.length > FEW && (
              <Button type="link" size="small" onClick={() => onView(isTable ? undefined : 'table')}>
                {t(isTable ? 'cost:trend.as_chart' : 'cost:trend.as_table')}
              </Button>
            )}
            <Button type="link" size="small" onClick={() => saveDays(days, t)}>
              {t('cost:csv')}
            </Button>
          </>
        )
      }
    >
      <ListBlock
        query={query}
        problemTitle={t('cost:daily_unread')}
        hasData={query.data !== undefined}
        isEmpty={isEmpty}
        empty={query.data && <NothingSpent user={user} tz={query.data.tz} at={query.data.generated_at} />}
      >
        {asTable ? (
          <DayTable days={days} href={mayOpen ? href : null} />
        ) : (
          <DayBars
            days={days}
            currency={query.data?.currency ?? 'USD'}
            running={today ?? null}
            label={t('cost:trend.title')}
            open={mayOpen ? (day) => void go(href(day)) : undefined}
          />
        )}
      </ListBlock>
    </Card>
  )
}

const COLUMNS = [
  'day',
  'cost_usd',
  'saved_usd',
  'requests',
  'errors',
  'unpriced',
  'input_tokens',
  'cached_tokens',
  'cache_write_tokens',
  'output_tokens',
  'reasoning_tokens',
] as const

const csvRow = (row: DayCost) => [
  row.day,
  row.cost,
  row.saved,
  row.requests,
  row.errors,
  row.unpriced,
  row.tokens.in,
  row.tokens.cached,
  row.tokens.cache_write,
  row.tokens.out,
  row.tokens.reasoning,
]

function saveDays(days: DayCost[], t: TFunction): void {
  const text = csvText(COLUMNS, days.map(csvRow))
  saveFile(new Blob([text], { type: 'text/csv' }), `${t('cost:file.days')}.csv`)
}
