import { useQuery } from '@tanstack/react-query'
import { Button, Drawer } from 'antd'
import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { useMe, useTenantSlug } from '../../../api/session'
import type { ApiKey } from '../../../api/types'
import { moneyText, wholeNumber } from '../../../i18n/format'
import { CopyButton } from '../../../ui/copy-button'
import { Loading } from '../../../ui/loading'
import { ProblemView } from '../../../ui/problem'
import type { RowAction } from '../../../ui/row-menu'
import { TimeText } from '../../../ui/time-text'
import { useIsMobile } from '../../../ui/use-media'
import { useZone } from '../../../ui/use-zone'
import { mask } from '../key-state'
import { keyQuery } from '../queries'
import { KeyStatusText, modelsText, ownerText } from './key-columns'

const WIDTH_PX = 720

interface Props {
  id: string
  actions: (key: ApiKey) => RowAction[]
  onClose: () => void
}

/** Everything about one key, beside the list that stays usable. */
export function DetailDrawer({ id, actions, onClose }: Props) {
  const { t } = useTranslation()
  const isMobile = useIsMobile()
  const tenant = useTenantSlug()
  const { data, isPlaceholderData, error, refetch } = useQuery(keyQuery(tenant, id))
  const key = isPlaceholderData ? undefined : data
  return (
    <Drawer
      open
      mask={false}
      rootClassName="side-drawer"
      size={isMobile ? '100%' : WIDTH_PX}
      title={key?.name ?? t('keys:detail_title')}
      onClose={onClose}
      footer={key && <Actions actions={actions(key)} />}
    >
      {key ? <Facts row={key} /> : error ? null : <Loading />}
      {!key && error && (
        <ProblemView error={error} title={t('keys:detail_unread')} onRetry={() => void refetch()} />
      )}
    </Drawer>
  )
}

function Actions({ actions }: { actions: RowAction[] }) {
  return (
    <div className="drawer-foot start">
      {actions.map((action) => (
        <Button key={action.key} danger={action.danger ?? false} onClick={action.run}>
          {action.label}
        </Button>
      ))}
    </div>
  )
}

const NONE = '—'
const list = (values: string[] | undefined) => (values && values.length > 0 ? values.join(', ') : NONE)

function Facts({ row }: { row: ApiKey }) {
  const { t } = useTranslation()
  const { currency } = useMe()
  const zone = useZone()
  const count = (value: number | null | undefined) =>
    typeof value === 'number' ? wholeNumber(value, zone.language) : NONE
  const money = (value: string | null | undefined) => (value ? moneyText(value, currency ?? 'USD') : NONE)
  const facts: [string, ReactNode][] = [
    [t('keys:column.status'), <KeyStatusText key="s" row={row} t={t} />],
    [
      t('keys:detail.id'),
      <span key="i" className="mono">
        {row.id}
        <CopyButton iconOnly text={row.id} label={t('keys:detail.id')} />
      </span>,
    ],
    [
      t('keys:detail.mask'),
      <span key="m" className="mono">
        {mask(row)}
      </span>,
    ],
    [t('keys:detail.suffixes'), list(row.suffixes.map((suffix) => `…${suffix}`))],
    [t('keys:form.kind'), t(row.kind === 'management' ? 'keys:kind.management' : 'keys:kind.client')],
    [t('keys:form.environment'), t(row.environment === 'test' ? 'keys:test' : 'keys:live')],
    [t('keys:column.owner'), ownerText(row, t)],
    [t('keys:form.team'), row.team?.name ?? NONE],
    [t('keys:form.scopes'), list(row.scopes)],
    [
      t('keys:form.allowed_models'),
      row.allowed_models.length > 0 ? list(row.allowed_models) : modelsText(row, t),
    ],
    [t('keys:form.denied_models'), list(row.denied_models)],
    [t('keys:form.rpm'), count(row.requests_per_minute)],
    [t('keys:form.tpm'), count(row.tokens_per_minute)],
    [t('keys:form.concurrency'), count(row.max_concurrency)],
    [t('keys:form.quota'), count(row.quota)],
    [t('keys:form.monthly_budget'), money(row.monthly_budget)],
    [t('keys:form.max_cost'), money(row.max_cost_per_request)],
    [t('keys:form.allowed_ips'), list(row.allowed_ips)],
    [t('keys:form.denied_ips'), list(row.denied_ips)],
    [t('keys:form.fidelity'), row.fidelity],
    [t('keys:form.tags'), list(row.tags)],
    [t('keys:form.description'), row.description || NONE],
    [t('keys:column.expires'), <TimeText key="e" at={row.expires_at} missing={t('keys:no_expiry')} />],
    [t('keys:column.last_used'), <TimeText key="u" at={row.last_used_at} missing={t('keys:never')} />],
    [t('keys:detail.created'), <TimeText key="c" at={row.created_at} />],
    [t('keys:detail.created_by'), row.created_by?.label ?? NONE],
  ]
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
