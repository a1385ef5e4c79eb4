import { CaretDownFilled, CaretUpFilled } from '@ant-design/icons'
import { useTranslation } from 'react-i18next'
import { changeText } from '../numbers'

/** Less spent is good news; more is only more. `isKnown`: what was spent before, if only nothing. */
export function Delta({ percent, isKnown }: { percent: number | null; isKnown: boolean }) {
  const { t } = useTranslation()
  if (percent === null) {
    return (
      <span className="muted" title={t(isKnown ? 'cost:period.no_previous' : 'cost:period.unknown_previous')}>
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
