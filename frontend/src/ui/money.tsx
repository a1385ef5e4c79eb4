import { useTranslation } from 'react-i18next'
import { useMe } from '../api/session'
import { moneyColumn, moneyExact, moneyShort } from '../i18n/money'

interface Props {
  /** A decimal string; null when nobody knows what it costs. */
  amount: string | null | undefined
  /** In a column all amounts keep six places. */
  isColumn?: boolean
}

/** An amount in the tenant's currency, exact on hover. Unknown is a dash with the reason, never a zero (BL-46). */
export function Money({ amount, isColumn = false }: Props) {
  const { t } = useTranslation()
  const currency = useMe().currency ?? 'USD'
  if (amount === null || amount === undefined) {
    return (
      <span className="muted" title={t('common:unpriced')}>
        {'—'}
      </span>
    )
  }
  return (
    <span title={moneyExact(amount, currency)}>
      {isColumn ? moneyColumn(amount, currency) : moneyShort(amount, currency)}
    </span>
  )
}
