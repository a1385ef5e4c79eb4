import type { TableColumnsType } from 'antd'
import { useTranslation } from 'react-i18next'
import { tokenCount, wholeNumber } from '../../../i18n/format'
import { DataTable } from '../../../ui/data-table'
import { Money } from '../../../ui/money'
import { useZone } from '../../../ui/use-zone'
import { shareText } from '../numbers'
import type { Whom } from '../queries'
import type { Dimension, Ranked, RankedCost } from '../types'
import { RankBar } from './rank-bar'
import { RankedName } from './ranked-name'
import { Sparkline } from './sparkline'
import { UnpricedBadge } from './unpriced-badge'

interface Props {
  by: Dimension
  answer: RankedCost
  user: Whom
}

interface Row extends Ranked {
  isRest: boolean
}

const COLUMN: Record<Dimension, string> = {
  model: 'cost:column.model',
  key: 'cost:column.key',
  user: 'cost:column.user',
}

/** The whole ranking; what is beyond it stands together in one last row, so that the column adds up to the total. */
export function RankedTable({ by, answer, user }: Props) {
  const { t } = useTranslation()
  const { language } = useZone()
  const number = (value: number) => wholeNumber(value, language)
  const tokens = (value: number) => <span title={number(value)}>{tokenCount(value, language)}</span>
  const most = answer.data[0]?.cost ?? null
  const rest: Row[] = answer.other
    ? [{ ...answer.other, id: '', label: t('cost:ranked.other'), isRest: true }]
    : []
  const rows: Row[] = [...answer.data.map((row) => ({ ...row, isRest: false })), ...rest]
  const name = (row: Row) =>
    row.isRest ? (
      <span className="muted">{row.label}</span>
    ) : (
      <RankedName by={by} row={row} answer={answer} user={user} />
    )
  const share = (row: Row) => (row.share === null ? '—' : shareText(row.share))
  const columns: TableColumnsType<Row> = [
    {
      title: t(COLUMN[by]),
      key: 'name',
      render: (_, row) => <span className="cell-wide clip">{name(row)}</span>,
    },
    {
      title: t('cost:column.share'),
      key: 'bar',
      width: '24%',
      render: (_, row) => (
        <span className="share-cell">
          <RankBar amount={row.cost} most={most} isRest={row.isRest} />
          <span>{share(row)}</span>
        </span>
      ),
    },
    {
      title: t('cost:column.cost'),
      key: 'cost',
      align: 'right',
      render: (_, row) => <Money isColumn amount={row.cost} />,
    },
    {
      title: t('cost:column.course'),
      key: 'course',
      render: (_, row) => <Sparkline points={row.sparkline} />,
    },
    {
      title: t('cost:column.requests'),
      key: 'requests',
      align: 'right',
      render: (_, row) => number(row.requests),
    },
    { title: t('cost:column.tokens'), key: 'tokens', align: 'right', render: (_, row) => tokens(row.tokens) },
    {
      title: t('cost:column.average'),
      key: 'average',
      align: 'right',
      render: (_, row) => <Money isColumn amount={row.avg_cost} />,
    },
  ]
  return (
    <DataTable<Row>
      label={t(COLUMN[by])}
      rows={rows}
      rowKey={(row) => (row.isRest ? ' rest' : row.id)}
      columns={columns}
      card={(row) => (
        <>
          <div className="row-card-head">
            {name(row)}
            <Money amount={row.cost} />
          </div>
          <span className="share-cell">
            <RankBar amount={row.cost} most={most} isRest={row.isRest} />
            <span>{share(row)}</span>
          </span>
          <div className="row-card-line figures muted small">
            <span>
              {t('cost:column.requests')} {number(row.requests)}
            </span>
            <span>
              {t('cost:column.tokens')} {tokens(row.tokens)}
            </span>
            <span>
              {t('cost:column.average')} <Money amount={row.avg_cost} />
            </span>
          </div>
        </>
      )}
      footer={<Total answer={answer} />}
    />
  )
}

function Total({ answer }: { answer: RankedCost }) {
  const { t } = useTranslation()
  const { language } = useZone()
  const { cost, requests, unpriced } = answer.total
  return (
    <>
      <span>
        {t('cost:total.label')}{' '}
        <b className="total-amount">
          <Money isColumn amount={cost} />
        </b>
      </span>
      <span>{t('cost:total.requests', { count: requests, number: wholeNumber(requests, language) })}</span>
      <UnpricedBadge requests={unpriced} />
    </>
  )
}
