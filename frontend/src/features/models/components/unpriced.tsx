import { useTranslation } from 'react-i18next'
import { wholeNumber } from '../../../i18n/format'
import { StatusTag } from '../../../ui/status-tag'
import { useZone } from '../../../ui/use-zone'
import type { CatalogModel } from '../types'

/** No row, no sum: told as such, louder where it is used. Never $0 (PV-40). */
export function UnpricedTag({ row }: { row: CatalogModel }) {
  const { t } = useTranslation()
  const { language } = useZone()
  const isUsed = row.requests_7d > 0
  return (
    <span title={t('models:unpriced.why')}>
      <StatusTag plain status={isUsed ? 'degraded' : 'off'}>
        {isUsed
          ? t('models:unpriced.used', {
              count: row.requests_7d,
              number: wholeNumber(row.requests_7d, language),
            })
          : t('models:unpriced.word')}
      </StatusTag>
    </span>
  )
}
