import { useTranslation } from 'react-i18next'
import { Link } from 'react-router'
import { useMe } from '../../api/session'
import { firstPage, visibleAreas, type Area } from '../nav'

const TEXTS: Record<Area, string> = { console: 'shell:area.console', dev: 'shell:area.dev' }

export function AreaSwitch({ area }: { area: Area }) {
  const { t } = useTranslation()
  const me = useMe()
  const areas = visibleAreas(me)
  if (areas.length < 2) return null
  return (
    <nav className="areas" aria-label={t('shell:area.label')}>
      {areas.map((value) => (
        <Link
          key={value}
          to={`/t/${me.tenant?.slug ?? ''}${firstPage(value, me) ?? ''}`}
          aria-current={value === area ? 'true' : undefined}
        >
          {t(TEXTS[value])}
        </Link>
      ))}
    </nav>
  )
}
