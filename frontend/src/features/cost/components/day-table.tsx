import type { TableColumnsType } from 'antd'
import { useTranslation } from 'react-i18next'
import { Link } from 'react-router'
import { tokenCount, wholeNumber } from '../../../i18n/format'
import { longDayText } from '../../../i18n/zone-day'
import { DataTable } from '../../../ui/data-table'
import { Money } from '../../../ui/money'
import { useZone } from '../../../ui/use-zone'
import type { DayCost } from '../types'
import { UnpricedBadge } from './unpriced-badge'

interface Props {
  days: DayCost[]
  /** The requests of a day, for whoever may see them. */
  href: ((day: string) => string) | null
}

/** The same days as rows, newest first. */
export function DayTable({ days, href }: Props) {
  const { t } = useTranslation()
  const { language } = useZone()
  const number = (value: number) => wholeNumber(value, language)
  const tokens = (value: number) => <span title={number(value)}>{tokenCount(value, language)}</span>
  const requests = (row: DayCost) =>
    href === null ? number(row.requests) : <Link to={href(row.day)}>{number(row.requests)}</Link>
  const columns: TableColumnsType<DayCost> = [
    { title: t('cost:column.day'), key: 'day', render: (_, row) => longDayText(row.day, language) },
    {
      title: t('cost:column.cost'),
      key: 'cost',
      align: 'right',
      render: (_, row) => <Money isColumn amount={row.cost} />,
    },
    { title: t('cost:column.requests'), key: 'requests', align: 'right', render: (_, row) => requests(row) },
    {
      title: t('cost:column.errors'),
      key: 'errors',
      align: 'right',
      render: (_, row) => number(row.errors),
    },
    {
      title: t('cost:column.tokens_in'),
      key: 'in',
      align: 'right',
      render: (_, row) => tokens(row.tokens.in),
    },
    {
      title: t('cost:column.tokens_cached'),
      key: 'cached',
      align: 'right',
      render: (_, row) => tokens(row.tokens.cached),
    },
    {
      title: t('cost:column.tokens_out'),
      key: 'out',
      align: 'right',
      render: (_, row) => tokens(row.tokens.out),
    },
    {
      title: t('cost:column.unpriced'),
      key: 'unpriced',
      align: 'right',
      render: (_, row) => number(row.unpriced),
    },
  ]
  return (
    <DataTable<DayCost>
      label={t('cost:trend.title')}
      rows={days.toReversed()}
      rowKey={({ day }) => day}
      columns={columns}
      card={(row) => (
        <>
          <div className="row-card-head">
            <span className="row-name">{longDayText(row.day, language)}</span>
            <Money amount={row.cost} />
          </div>
          <div className="row-card-line muted small">
            <span>
              {t('cost:column.requests')} {requests(row)}
            </span>
            <span>
              {t('cost:column.errors')} {number(row.errors)}
            </span>
            <span>
              {t('cost:column.tokens_out')} {tokens(row.tokens.out)}
            </span>
          </div>
          <UnpricedBadge requests={row.unpriced} />
        </>
      )}
    />
  )
}
