import { useTranslation } from 'react-i18next'
import { moneyText } from '../../../i18n/format'

/** USD per million tokens; without a rate of its own a class has none, which is not zero. */
export function Rate({ rate, missing }: { rate: string | null | undefined; missing?: string }) {
  const { t } = useTranslation()
  if (rate === null || rate === undefined) {
    return (
      <span className="muted" title={missing}>
        {'—'}
      </span>
    )
  }
  return <span title={t('models:per_million', { rate })}>{moneyText(rate, 'USD')}</span>
}
