import { useTranslation } from 'react-i18next'
import { TrackDiagram } from '../../../ui/track-diagram'

export function YardSide() {
  const { t } = useTranslation()
  return (
    <>
      <TrackDiagram />
      <div className="yard-cap">
        <h2>{t('auth:yard.title')}</h2>
        <p>{t('auth:yard.text')}</p>
      </div>
    </>
  )
}
