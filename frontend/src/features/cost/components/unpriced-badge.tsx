import { useTranslation } from 'react-i18next'
import { Link } from 'react-router'
import { useAllowed, useTenantSlug } from '../../../api/session'
import { PROVIDERS_READ } from '../../../app/capabilities'
import { StatusTag } from '../../../ui/status-tag'
import { shareText } from '../numbers'

/** What no price row matched is told beside the sum: it is never part of it as $0 (BL-46). */
export function UnpricedBadge({ requests, share }: { requests: number; share?: number | null }) {
  const { t } = useTranslation()
  const tenant = useTenantSlug()
  const mayPrice = useAllowed(PROVIDERS_READ)
  if (requests === 0) return null
  const words = t('cost:unpriced.badge', { count: requests })
  return (
    <span className="unpriced" title={t('cost:unpriced.why')}>
      <StatusTag status="degraded">
        {typeof share === 'number' ? `${words} · ${shareText(share)}` : words}
      </StatusTag>
      {mayPrice && <Link to={`/t/${tenant}/models?priced=no`}>{t('cost:unpriced.open')}</Link>}
    </span>
  )
}
