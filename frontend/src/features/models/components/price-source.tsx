import { useTranslation } from 'react-i18next'
import { shortTime, exactTime } from '../../../i18n/format'
import { dayText, localDay } from '../../../i18n/zone-day'
import { useZone } from '../../../ui/use-zone'
import type { CatalogPrice } from '../types'
import { matchedName, scopeName } from '../words'

/** Which row it is: whose, of which version, since when, and how the model was matched to it. */
export function PriceSource({ price }: { price: CatalogPrice }) {
  const { t } = useTranslation()
  const zone = useZone()
  const now = new Date()
  const matched = matchedName(price.matched_by, t)
  return (
    <span className="price-source">
      <span title={exactTime(price.valid_from, zone, now)}>
        {price.version || shortTime(price.valid_from, zone, now)}
      </span>
      {Date.parse(price.valid_from) > 0 && (
        <span className="muted">
          {t('models:since', { day: dayText(localDay(price.valid_from, zone.tz), zone.language) })}
        </span>
      )}
      <span className="muted">{scopeName(price.scope, t)}</span>
      {price.matched_by !== 'exact' && price.matched_by !== 'override' && (
        <span className="chip" title={matched.why}>
          {matched.text}
        </span>
      )}
      {price.tiers && (
        <span className="chip" title={t('models:tiers_why')}>
          {t('models:tiers')}
        </span>
      )}
      {price.multiplier !== null && price.multiplier !== '1' && (
        <span className="chip" title={t('models:multiplier_why')}>
          {t('models:multiplier', { factor: price.multiplier })}
        </span>
      )}
    </span>
  )
}
