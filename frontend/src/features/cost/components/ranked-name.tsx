import { useTranslation } from 'react-i18next'
import { Link } from 'react-router'
import { useAllowed, useTenantSlug } from '../../../api/session'
import { REQUESTS } from '../../../app/capabilities'
import { requestsHref } from '../filters'
import type { Whom } from '../queries'
import type { Dimension, Ranked, RankedCost } from '../types'

interface Props {
  by: Dimension
  row: Ranked
  answer: RankedCost
  user: Whom
}

/** How the page of requests calls it. */
const FILTERS: Record<Dimension, string> = { model: 'requested_model', key: 'key', user: 'user' }

/** The name leads to the requests behind the row; an id is shown on hover only (CO-3). */
export function RankedName({ by, row, answer, user }: Props) {
  const { t } = useTranslation()
  const tenant = useTenantSlug()
  const mayOpen = useAllowed(REQUESTS)
  const text = row.label || t('cost:ranked.nobody')
  const look = by === 'model' ? 'clip mono' : 'clip'
  if (!mayOpen || row.id === '') {
    return (
      <span className={look} title={row.id}>
        {text}
      </span>
    )
  }
  const filter: Record<string, string> = { ...(user === null ? {} : { user }), [FILTERS[by]]: row.id }
  return (
    <Link className={`rank-name ${look}`} title={row.id} to={requestsHref(tenant, filter, answer)}>
      {text}
    </Link>
  )
}
