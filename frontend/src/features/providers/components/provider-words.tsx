import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { StatusTag } from '../../../ui/status-tag'
import { CREDENTIAL_LOOK, monogram, PROVIDER_LOOK, shownState } from '../provider-state'
import { reasonText } from '../reasons'
import type { CredentialState, Provider } from '../types'

export function Monogram({ name }: { name: string }) {
  return (
    <span className="monogram" aria-hidden="true">
      {monogram(name)}
    </span>
  )
}

interface TitleProps {
  name: string
  note: ReactNode
  children: ReactNode
}

/** Tile, name, and what tells two of one name apart. */
export function ProviderTitle({ name, note, children }: TitleProps) {
  return (
    <span className="provider-title">
      <Monogram name={name} />
      <span className="provider-name">
        {children}
        <span className="muted small clip">{note}</span>
      </span>
    </span>
  )
}

type StatusProps = Pick<Provider, 'enabled' | 'draining' | 'status' | 'credentials'>

function ProviderStatusText({ row }: { row: StatusProps }) {
  const { t } = useTranslation()
  const look = PROVIDER_LOOK[shownState(row)]
  return (
    <StatusTag plain status={look.status}>
      {t(look.text)}
    </StatusTag>
  )
}

/** State as icon and word, and beneath it why. */
export function StatusWithReason({ row }: { row: StatusProps }) {
  const { t } = useTranslation()
  const reason = row.enabled && !row.draining ? reasonText(row.status.reason, t, row.credentials) : ''
  return (
    <span className="status-reason">
      <ProviderStatusText row={row} />
      {reason !== '' && (
        <span className="muted small clip" title={reason}>
          {reason}
        </span>
      )}
    </span>
  )
}

/** Who owns the row, and what was never proved. */
export function ProviderChips({ row }: { row: Pick<Provider, 'platform' | 'verified_at' | 'kind'> }) {
  const { t } = useTranslation()
  return (
    <>
      {row.platform && <span className="chip">{t('providers:chip.platform')}</span>}
      {row.verified_at === null && row.kind !== 'mock' && (
        <span className="chip" title={t('providers:chip.unverified_hint')}>
          {t('providers:chip.unverified')}
        </span>
      )}
    </>
  )
}

export function CredentialStateText({ state }: { state: CredentialState }) {
  const { t } = useTranslation()
  const look = CREDENTIAL_LOOK[state]
  return (
    <StatusTag plain status={look.status}>
      {t(look.text)}
    </StatusTag>
  )
}
