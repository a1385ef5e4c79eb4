import { Segmented } from 'antd'
import { useTranslation } from 'react-i18next'
import { useNavigate } from 'react-router'
import { useMe } from '../../api/session'
import { firstPage, visibleAreas, type Area } from '../nav'

const TEXTS: Record<Area, string> = { console: 'shell:area.console', dev: 'shell:area.dev' }

export function AreaSwitch({ area }: { area: Area }) {
  const { t } = useTranslation()
  const me = useMe()
  const go = useNavigate()
  const areas = visibleAreas(me)
  if (areas.length < 2) return null
  return (
    <Segmented<Area>
      className="areas"
      size="small"
      aria-label={t('shell:area.label')}
      value={area}
      options={areas.map((value) => ({ value, label: t(TEXTS[value]) }))}
      onChange={(next) => void go(`/t/${me.tenant?.slug ?? ''}${firstPage(next, me) ?? ''}`)}
    />
  )
}
