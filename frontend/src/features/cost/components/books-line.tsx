import { useQuery } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { useAllowed, useMe, useTenantSlug } from '../../../api/session'
import { PROVIDERS_ANY } from '../../../app/capabilities'
import { StatusTag } from '../../../ui/status-tag'
import { TimeText } from '../../../ui/time-text'
import { currentCostQuery, priceListsQuery } from '../queries'

const LATE_MS = 15 * 60_000

/** How far the books are, where days are cut, and by which prices: what every number above stands on (CO-55). */
export function BooksLine() {
  const { t } = useTranslation()
  const me = useMe()
  const tenant = useTenantSlug()
  const { data } = useQuery(currentCostQuery(tenant))
  const { data: lists = [] } = useQuery({ ...priceListsQuery(tenant), enabled: useAllowed(PROVIDERS_ANY) })
  if (!data) return null
  const version = lists.reduce((newest, list) => (list.version > newest ? list.version : newest), '')
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
      {version !== '' && <span>{t('cost:books.version', { version })}</span>}
    </p>
  )
}
