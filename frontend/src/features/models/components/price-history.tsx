import { useQuery } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { useTenantSlug } from '../../../api/session'
import { Loading } from '../../../ui/loading'
import { ProblemView } from '../../../ui/problem'
import { RowMenu, type RowAction } from '../../../ui/row-menu'
import { StatusTag } from '../../../ui/status-tag'
import { TimeText } from '../../../ui/time-text'
import { historyQuery } from '../queries'
import type { CatalogModel, Price } from '../types'
import { scopeName, STATES } from '../words'
import { Rate } from './rate'

interface Props {
  row: CatalogModel
  /** The row in force, which may stand under another spelling of the name. */
  price: Price | null
  actions: (price: Price) => RowAction[]
}

const LOOK = { current: 'ok', future: 'pending', past: 'off' } as const

/** Of the vendors' lists only the one that rates this model; of what people set, all of it. */
function belongs(entry: Price, row: CatalogModel, price: Price | null): boolean {
  if (entry.scope === 'catalog') return price?.vendor ? entry.vendor === price.vendor : true
  return entry.provider === '' || entry.provider === row.provider.slug
}

/** Rows are opened and closed, never edited: what it cost at any time stands here. */
export function PriceHistory({ row, price, actions }: Props) {
  const { t } = useTranslation()
  const names = [...new Set([row.upstream_name, price?.model ?? row.upstream_name])]
  const query = useQuery(historyQuery(useTenantSlug(), names))
  if (query.isPending) return <Loading rows={3} />
  if (query.isError) {
    return (
      <ProblemView
        error={query.error}
        title={t('models:history.unread')}
        onRetry={() => void query.refetch()}
      />
    )
  }
  const rows = query.data.filter((entry) => belongs(entry, row, price))
  if (rows.length === 0) return <p className="muted">{t('models:history.none')}</p>
  return (
    <ul className="price-history">
      {rows.map((entry) => (
        <li key={entry.id}>
          <span className="price-when">
            {Date.parse(entry.valid_from) > 0 ? <TimeText at={entry.valid_from} /> : t('models:always')}
            {' – '}
            {entry.valid_to === null ? t('models:history.open_end') : <TimeText at={entry.valid_to} />}
          </span>
          <StatusTag plain status={LOOK[entry.state]}>
            {t(STATES[entry.state])}
          </StatusTag>
          <span className="price-pair" title={t('models:history.pair')}>
            <Rate rate={entry.rates['in_fresh']} />
            {' · '}
            <Rate rate={entry.rates['out_text']} />
          </span>
          <span className="muted clip" title={entry.source}>
            {[scopeName(entry.scope, t), entry.vendor || entry.provider, entry.version]
              .filter(Boolean)
              .join(' · ')}
          </span>
          <RowMenu label={t('models:actions_for', { name: entry.version })} actions={actions(entry)} />
        </li>
      ))}
    </ul>
  )
}
