import { useQuery } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { useMe, useTenantSlug } from '../../../api/session'
import { wholeNumber } from '../../../i18n/format'
import { StatusTag } from '../../../ui/status-tag'
import { useZone } from '../../../ui/use-zone'
import { AUDIT_READ_ALL } from '../../../app/capabilities'
import { chainQuery } from '../queries'

/** Whether every row still follows from the one before it. */
export function ChainBadge() {
  const { t } = useTranslation()
  const tenant = useTenantSlug()
  const { language } = useZone()
  const mayVerify = useMe().capabilities.includes(AUDIT_READ_ALL)
  const { data, isError } = useQuery({ ...chainQuery(tenant), enabled: mayVerify })
  if (!mayVerify) return null
  if (isError) return <StatusTag status="off">{t('audit:chain.unknown')}</StatusTag>
  if (!data) return <StatusTag status="pending">{t('audit:chain.checking')}</StatusTag>
  if (data.ok) {
    return (
      <StatusTag status="ok">{t('audit:chain.ok', { rows: wholeNumber(data.rows, language) })}</StatusTag>
    )
  }
  return <StatusTag status="down">{t('audit:chain.broken', { seq: data.first_bad_seq ?? 0 })}</StatusTag>
}
