import { useTranslation } from 'react-i18next'
import { Link } from 'react-router'
import { RowMenu, type RowAction } from '../../../ui/row-menu'
import type { Provider } from '../types'
import { credentialsText } from './provider-columns'
import { ProviderChips, ProviderTitle, StatusWithReason } from './provider-words'
import { UptimeStrip } from './uptime-strip'

interface Props {
  row: Provider
  href: string
  actions: RowAction[]
}

/** A back-end on a phone. */
export function ProviderCard({ row, href, actions }: Props) {
  const { t } = useTranslation()
  return (
    <>
      <div className="row-card-head">
        <ProviderTitle name={row.name} note={row.host || row.slug}>
          <Link className="link-cell clip" to={href}>
            {row.name}
          </Link>
        </ProviderTitle>
        <RowMenu label={t('providers:actions_for', { name: row.name })} actions={actions} />
      </div>
      <div className="row-card-line">
        <StatusWithReason row={row} />
        <span className="chips">
          <ProviderChips row={row} />
        </span>
      </div>
      <UptimeStrip cells={row.cells} name={row.name} />
      <div className="row-card-line muted small">
        <span>{t('providers:card.models', { count: row.models_enabled })}</span>
        {row.credentials.total > 0 && (
          <span>{t('providers:card.credentials', { counts: credentialsText(row) })}</span>
        )}
      </div>
    </>
  )
}
