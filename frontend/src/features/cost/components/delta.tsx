import { CaretDownFilled, CaretUpFilled } from '@ant-design/icons'
import { useTranslation } from 'react-i18next'
import { changeText } from '../numbers'

/** Less spent is good news; more is only more. */
export function Delta({ percent }: { percent: number | null }) {
  const { t } = useTranslation()
  if (percent === null) {
    return (
      <span className="muted" title={t('cost:period.no_previous')}>
        {'—'}
      </span>
    )
  }
  if (percent === 0) return <span className="delta">{changeText(0)}</span>
  return (
    <span className={percent < 0 ? 'delta good' : 'delta'}>
      {percent < 0 ? <CaretDownFilled aria-hidden /> : <CaretUpFilled aria-hidden />}
      <span className="sr-only">{t(percent < 0 ? 'cost:period.less' : 'cost:period.more')}</span>
      {changeText(percent)}
    </span>
  )
}
