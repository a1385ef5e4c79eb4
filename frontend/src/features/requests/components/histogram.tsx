import { useQuery } from '@tanstack/react-query'
import { Button } from 'antd'
import { memo, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { useTenantSlug } from '../../../api/session'
import { exactTime, wholeNumber } from '../../../i18n/format'
import { ProblemView } from '../../../ui/problem'
import { useZone } from '../../../ui/use-zone'
import type { Filter, Period } from '../filters'
import { buckets, bucketSize, SERIES, SERIES_TEXTS, type Bucket } from '../histogram'
import { histogramQuery } from '../queries'
import { HistogramChart } from './histogram-chart'

interface Props {
  filter: Filter
  isPaused: boolean
  onZoom: (period: Period) => void
}

/** How the requests of the list lie in time. Fails alone: the rows below stay. */
export const RequestHistogram = memo(function RequestHistogram({ filter, isPaused, onZoom }: Props) {
  const { t } = useTranslation()
  const tenant = useTenantSlug()
  const query = useQuery(histogramQuery(tenant, filter, { isPaused }))
  const [isTable, setTable] = useState(false)
  if (query.isError && !query.data) {
    return (
      <ProblemView
        error={query.error}
        title={t('requests:histogram.unread')}
        onRetry={() => void query.refetch()}
      />
    )
  }
  const all = query.data ? buckets(query.data, query.dataUpdatedAt) : []
  const size = query.data && bucketSize(query.data.bucket_s)
  return (
    <div className="histo" aria-busy={query.isPending}>
      <div className="histo-head">
        <ul className="legend">
          {SERIES.map((name) => (
            <li key={name}>
              <svg width="16" height="10" aria-hidden="true">
                <rect x="3" width="10" height="10" rx="2" fill={`var(--tr-${name})`} />
              </svg>
              {t(SERIES_TEXTS[name])}
            </li>
          ))}
        </ul>
        <span className="grow" />
        {size && (
          <span className="muted small only-wide">
            {t('requests:histogram.bar', { size: t(size.text, { count: size.count }) })}
          </span>
        )}
        <Button type="link" size="small" className="only-wide" onClick={() => setTable(!isTable)}>
          {t(isTable ? 'requests:histogram.as_chart' : 'requests:histogram.as_table')}
        </Button>
      </div>
      {isTable ? <BucketTable buckets={all} /> : <HistogramChart buckets={all} onZoom={onZoom} />}
    </div>
  )
})

function BucketTable({ buckets: all }: { buckets: Bucket[] }) {
  const { t } = useTranslation()
  const zone = useZone()
  const now = new Date()
  return (
    // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- what scrolls must be reachable by keyboard
    <div className="histo-table" role="region" aria-label={t('requests:histogram.label')} tabIndex={0}>
      <table className="lines">
        <thead>
          <tr>
            <th>{t('requests:column.time')}</th>
            {SERIES.map((name) => (
              <th key={name} className="num">
                {t(SERIES_TEXTS[name])}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {all.map((bucket) => (
            <tr key={bucket.from}>
              <td>{exactTime(bucket.from, zone, now)}</td>
              {SERIES.map((name) => (
                <td key={name} className="num">
                  {wholeNumber(bucket.counts[name], zone.language)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}
