import { useQuery } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { useMe, useTenantSlug } from '../../../api/session'
import { StatusTag } from '../../../ui/status-tag'
import { TimeText } from '../../../ui/time-text'
import { currentCostQuery, type Whom } from '../queries'

const LATE_MS = 15 * 60_000

/** How far the books are, where days are cut, and by which prices: what every number above stands on (CO-55). */
export function BooksLine({ user }: { user: Whom }) {
  const { t } = useTranslation()
  const me = useMe()
  const { data } = useQuery(currentCostQuery(useTenantSlug(), user))
  if (!data) return null
  const behind = data.complete_to === null ? 0 : Date.parse(data.generated_at) - Date.parse(data.complete_to)
  return (
    <p className="books-line muted small">
      <span>{t('cost:books.windows')}</span>
      <span>
        {t('cost:books.complete_to')} <TimeText at={data.complete_to} missing={t('cost:books.never')} />
      </span>
      {behind > LATE_MS && (
        <StatusTag status="degraded">
          {t('cost:books.late', { count: Math.floor(behind / 60_000) })}
        </StatusTag>
      )}
      <span>{t('cost:books.zone', { zone: data.tz })}</span>
      {data.tz !== me.tz && <span>{t('cost:books.own_zone', { zone: me.tz })}</span>}
      {data.price_version && <span>{t('cost:books.version', { version: data.price_version })}</span>}
    </p>
  )
}
