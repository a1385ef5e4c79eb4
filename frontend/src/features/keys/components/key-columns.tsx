import type { TableColumnsType } from 'antd'
import type { TFunction } from 'i18next'
import { useState } from 'react'
import type { ApiKey } from '../../../api/types'
import { moneyText, tokenCount, type Zone } from '../../../i18n/format'
import { StatusTag } from '../../../ui/status-tag'
import { TimeText } from '../../../ui/time-text'
import { RowMenu, type RowAction } from '../../../ui/row-menu'
import { isUnused, KEY_STATUS, mask } from '../key-state'

export function KeyStatusText({ row, t }: { row: ApiKey; t: TFunction }) {
  const look = KEY_STATUS[row.status]
  const [now] = useState(() => Date.now())
  const isIdle = isUnused(row, now)
  return (
    <span className="status-line">
      <StatusTag plain status={look.status}>
        {t(look.text)}
      </StatusTag>
      {isIdle && <span className="chip">{t('keys:unused')}</span>}
    </span>
  )
}

export function modelsText(row: ApiKey, t: TFunction): string {
  const allowed = row.allowed_models
  const denied = row.denied_models
  if (allowed.length === 0)
    return denied.length === 0 ? t('keys:models.all') : t('keys:models.all_but', { count: denied.length })
  return allowed.length === 1 ? (allowed[0] ?? '') : t('keys:models.count', { count: allowed.length })
}

/** Requests and tokens a minute, requests at once; nothing where nothing is limited. */
export function limitsText(row: ApiKey, zone: Zone): string {
  const limits = [row.requests_per_minute, row.tokens_per_minute, row.max_concurrency]
  if (limits.every((limit) => limit === null)) return '—'
  return limits.map((limit) => (limit === null ? '—' : tokenCount(limit, zone.language))).join(' · ')
}

export function budgetText(row: ApiKey, currency: string): string {
  return row.monthly_budget ? moneyText(row.monthly_budget, currency) : '—'
}

export function ownerText(row: ApiKey, t: TFunction): string {
  if (row.owner) return row.owner.display_name || row.owner.email
  return row.team ? t('keys:owner.team', { team: row.team.name }) : t('keys:owner.service')
}

interface ColumnContext {
  t: TFunction
  zone: Zone
  currency: string
  showOwner: boolean
  actions: (row: ApiKey) => RowAction[]
  open: (row: ApiKey) => void
}

export function keyColumns({
  t,
  zone,
  currency,
  showOwner,
  actions,
  open,
}: ColumnContext): TableColumnsType<ApiKey> {
  const owner: TableColumnsType<ApiKey> = [
    {
      title: t('keys:column.owner'),
      key: 'owner',
      render: (_, row) => <span className="clip cell-clip">{ownerText(row, t)}</span>,
    },
  ]
  return [
    {
      title: t('keys:column.name'),
      key: 'name',
      render: (_, row) => (
        <>
          <button type="button" className="link-cell" title={row.id} onClick={() => open(row)}>
            {row.name}
          </button>{' '}
          <span className="muted mono">{mask(row)}</span>
          {row.environment === 'test' && <span className="chip">{t('keys:test')}</span>}
          {row.kind === 'management' && <span className="chip">{t('keys:kind.management')}</span>}
        </>
      ),
    },
    { title: t('keys:column.status'), key: 'status', render: (_, row) => <KeyStatusText row={row} t={t} /> },
    ...(showOwner ? owner : []),
    {
      title: t('keys:column.models'),
      key: 'models',
      render: (_, row) => <span title={row.allowed_models.join(', ')}>{modelsText(row, t)}</span>,
    },
    {
      title: t('keys:column.limits'),
      key: 'limits',
      align: 'right',
      render: (_, row) => limitsText(row, zone),
    },
    {
      title: t('keys:column.budget'),
      key: 'budget',
      align: 'right',
      render: (_, row) => budgetText(row, currency),
    },
    {
      title: t('keys:column.last_used'),
      key: 'used',
      align: 'right',
      render: (_, row) => <TimeText at={row.last_used_at} missing={t('keys:never')} />,
    },
    {
      title: t('keys:column.expires'),
      key: 'expires',
      align: 'right',
      render: (_, row) => <TimeText at={row.expires_at} />,
    },
    {
      title: <span className="sr-only">{t('keys:column.actions')}</span>,
      key: 'do',
      width: 44,
      render: (_, row) => (
        <RowMenu label={t('keys:actions_for', { name: row.name })} actions={actions(row)} />
      ),
    },
  ]
}
