import { useQuery } from '@tanstack/react-query'
import { Button } from 'antd'
import { useTranslation } from 'react-i18next'
import { Link } from 'react-router'
import { useTenantSlug } from '../../../api/session'
import { Card } from '../../../ui/card'
import { csvText, saveFile } from '../../../ui/csv'
import { ListBlock } from '../../../ui/list-block'
import type { Stretch } from '../filters'
import { rankedCostQuery, type Whom } from '../queries'
import type { Dimension, RankedCost } from '../types'
import { NothingSpent } from './nothing-spent'
import { RankedList } from './ranked-list'
import { RankedTable } from './ranked-table'

interface Props {
  by: Dimension
  user: Whom
  stretch: Stretch
  /** The first few, and where the whole list is. */
  moreHref?: string
}

const TITLES: Record<Dimension, string> = {
  model: 'cost:by.model',
  key: 'cost:by.key',
  user: 'cost:by.user',
}
const ALL: Record<Dimension, string> = {
  model: 'cost:all.model',
  key: 'cost:all.key',
  user: 'cost:all.user',
}

/** Who or what cost most in the range. */
export function RankedCard({ by, user, stretch, moreHref }: Props) {
  const { t } = useTranslation()
  const query = useQuery(rankedCostQuery(useTenantSlug(), user, stretch, by))
  const isEmpty = query.data?.data.length === 0
  const save = (answer: RankedCost) =>
    saveFile(new Blob([rankedCsv(answer)], { type: 'text/csv' }), `${t('cost:file.by', { by })}.csv`)
  return (
    <Card
      title={t(TITLES[by])}
      flush={moreHref === undefined}
      extra={
        query.data &&
        !isEmpty &&
        (moreHref === undefined ? (
          <Button type="link" size="small" onClick={() => save(query.data)}>
            {t('cost:csv')}
          </Button>
        ) : (
          <Link to={moreHref}>{t(ALL[by])}</Link>
        ))
      }
    >
      <ListBlock
        query={query}
        problemTitle={t('cost:ranked_unread')}
        hasData={query.data !== undefined}
        isEmpty={isEmpty}
        empty={
          moreHref === undefined && query.data ? (
            <NothingSpent user={user} tz={query.data.tz} at={query.data.generated_at} />
          ) : (
            <p className="muted">{t('cost:nothing.text')}</p>
          )
        }
      >
        {query.data &&
          (moreHref === undefined ? (
            <RankedTable by={by} answer={query.data} user={user} />
          ) : (
            <RankedList by={by} answer={query.data} user={user} />
          ))}
      </ListBlock>
    </Card>
  )
}

const COLUMNS = ['id', 'label', 'cost_usd', 'share', 'requests', 'tokens', 'average_cost_usd'] as const

/** The shown table with its exact amounts. */
function rankedCsv({ data, other }: RankedCost): string {
  const rest = other ? [{ id: '', label: 'other', ...other }] : []
  return csvText(
    COLUMNS,
    [...data, ...rest].map((row) => [
      row.id,
      row.label,
      row.cost,
      row.share,
      row.requests,
      row.tokens,
      row.avg_cost,
    ]),
  )
}
