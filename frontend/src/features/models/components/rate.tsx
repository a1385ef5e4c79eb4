import { useTranslation } from 'react-i18next'
import { moneyText } from '../../../i18n/format'

/** USD per million tokens; without a rate of its own a class has none, which is not zero. */
export function Rate({ rate, isColumn = false }: { rate: string | null | undefined; isColumn?: boolean }) {
  const { t } = useTranslation()
  if (rate === null || rate === undefined) {
    return (
      <span className="muted" title={isColumn ? t('models:no_rate') : undefined}>
        {'—'}
      </span>
    )
  }
  return <span title={t('models:per_million', { rate })}>{moneyText(rate, 'USD')}</span>
}
