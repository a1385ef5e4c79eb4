import { useQuery } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { Link, useNavigate } from 'react-router'
import { useTenantSlug } from '../../../api/session'
import { Card } from '../../../ui/card'
import { choices, kindsQuery, presetsQuery } from '../../../api/vendors'
import { PresetTile } from './preset-tile'

const SHOWN = 12

/** Where nothing real is connected yet: the way to the first one is one click long. */
export function StartGallery() {
  const { t } = useTranslation()
  const go = useNavigate()
  const tenant = useTenantSlug()
  const { data: kinds } = useQuery(kindsQuery)
  const { data: presets } = useQuery(presetsQuery)
  const add = `/t/${tenant}/providers/new`
  if (!kinds || !presets) return null
  const all = choices(kinds, presets)
  return (
    <Card
      className="start-gallery"
      title={t('providers:start.title')}
      hint={t('providers:start.hint')}
      extra={<Link to={add}>{t('providers:start.all', { count: all.length })}</Link>}
    >
      <div className="presets">
        {all.slice(0, SHOWN).map((choice) => (
          <PresetTile
            key={choice.id}
            choice={choice}
            onChoose={({ id }) => void go(`${add}?preset=${encodeURIComponent(id)}`)}
          />
        ))}
      </div>
    </Card>
  )
}
