import { useQuery } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { kindsQuery } from '../../../api/vendors'
import { useTranslation } from 'react-i18next'
import { dialectText } from '../../../i18n/dialects'
import { wholeNumber } from '../../../i18n/format'
import { Card } from '../../../ui/card'
import { CopyButton } from '../../../ui/copy-button'
import { TimeText } from '../../../ui/time-text'
import { useZone } from '../../../ui/use-zone'
import type { Provider } from '../types'
import { credentialsText } from './provider-columns'
import { StatusWithReason } from './provider-words'
import { UptimeStrip } from './uptime-strip'

const NONE = '—'

type Fact = [label: string, value: ReactNode]

/** What the back-end is, and how it is doing. */
export function Overview({ row }: { row: Provider }) {
  const { t } = useTranslation()
  return (
    <div className="detail-grid">
      <Card title={t('providers:overview.state')} hint={t('providers:strip.hint')}>
        <div className="strip-wide">
          <UptimeStrip cells={row.cells} name={row.name} />
        </div>
        <Facts facts={useStateFacts(row)} />
      </Card>
      <Card title={t('providers:overview.connection')}>
        <Facts facts={useConnectionFacts(row)} />
      </Card>
    </div>
  )
}

function Facts({ facts }: { facts: Fact[] }) {
  return (
    <dl className="fact-list">
      {facts.map(([label, value]) => (
        <div key={label}>
          <dt>{label}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  )
}

function useStateFacts(row: Provider): Fact[] {
  const { t } = useTranslation()
  const { language } = useZone()
  const { latency_ms: latency, last_ok_at: lastOk } = row.status
  return [
    [t('providers:column.status'), <StatusWithReason key="s" row={row} />],
    [t('providers:column.last_ok'), <TimeText key="o" at={lastOk} missing={t('providers:never')} />],
    [
      t('providers:overview.latency'),
      latency === null ? NONE : t('providers:ms', { ms: wholeNumber(latency, language) }),
    ],
    [t('providers:overview.credentials'), row.editable ? credentialsText(row) : NONE],
    [t('providers:column.models'), wholeNumber(row.models_enabled, language)],
    [
      t('providers:overview.verified'),
      <TimeText key="v" at={row.verified_at} missing={t('providers:chip.unverified')} />,
    ],
  ]
}

function useConnectionFacts(row: Provider): Fact[] {
  const { t } = useTranslation()
  const { data: kinds } = useQuery(kindsQuery)
  const kind = kinds?.find((entry) => entry.kind === row.kind)
  // Without surfaces of its own it has those of its kind.
  const dialects = row.surfaces.length > 0 ? row.surfaces.map(({ dialect }) => dialect) : kind?.surfaces
  const optional: [string, string][] = [
    [t('providers:field.region'), row.region],
    [t('providers:field.data_region'), row.data_region],
    [t('providers:field.project'), row.project],
    [t('providers:field.resource'), row.resource],
    [t('providers:field.api_version'), row.api_version],
  ]
  return [
    [t('providers:column.kind'), kind?.label ?? row.kind],
    [
      t('providers:field.slug'),
      <span key="s" className="mono">
        {row.slug}
        <CopyButton iconOnly text={row.slug} label={t('providers:field.slug')} />
      </span>,
    ],
    [t('providers:field.base_url'), row.base_url ? <Mono key="b">{row.base_url}</Mono> : NONE],
    ...optional.filter(([, value]) => value !== ''),
    [
      t('providers:overview.surfaces'),
      dialects?.map((dialect) => (
        <span key={dialect} className="surface" title={dialect}>
          {dialectText(dialect)}
        </span>
      )) ?? NONE,
    ],
    [t('providers:overview.managed_by'), t(MANAGED_BY[row.managed_by])],
    [t('providers:overview.created'), <TimeText key="c" at={row.created_at} />],
    [t('providers:overview.updated'), <TimeText key="u" at={row.updated_at} />],
  ]
}

const Mono = ({ children }: { children: string }) => <span className="mono">{children}</span>

const MANAGED_BY: Record<Provider['managed_by'], string> = {
  ui: 'providers:managed_by.ui',
  env: 'providers:managed_by.env',
  file: 'providers:managed_by.file',
}
