import { useInfiniteQuery } from '@tanstack/react-query'
import { Button, Select, Tag, type TableColumnsType } from 'antd'
import type { TFunction } from 'i18next'
import { lazy, Suspense, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { useMe, useTenantSlug } from '../../../api/session'
import type { AuditRow } from '../../../api/types'
import { AUDIT_READ_ALL, AUDIT_READ_BILLING } from '../../../app/capabilities'
import { Card } from '../../../ui/card'
import { DataTable } from '../../../ui/data-table'
import { Empty } from '../../../ui/empty'
import { FilterBar } from '../../../ui/filter-bar'
import { ListBlock } from '../../../ui/list-block'
import { PageHeader } from '../../../ui/page-header'
import { TimeText } from '../../../ui/time-text'
import { useUrlState } from '../../../ui/url-state'
import { ChainBadge } from '../components/chain-badge'
import { ExportMenu } from '../components/export-menu'
import { AUDIT_URL, OBJECT_TYPES, RANGES, rangeStart } from '../filters'
import { auditQuery, type AuditFilter } from '../queries'

const AuditDetails = lazy(async () => ({
  default: (await import('../components/audit-details')).AuditDetails,
}))

const RANGE_TEXTS: Record<keyof typeof RANGES, string> = {
  '24h': 'audit:range.day',
  '7d': 'audit:range.week',
  '30d': 'audit:range.month',
}

/** Whose actions this person sees: everybody's, those about billing, or their own. */
function scopeText(capabilities: readonly string[], t: TFunction): string {
  if (capabilities.includes(AUDIT_READ_ALL)) return t('audit:summary.all')
  return t(capabilities.includes(AUDIT_READ_BILLING) ? 'audit:summary.billing' : 'audit:summary.own')
}

export function AuditPage() {
  const { t } = useTranslation()
  const me = useMe()
  const tenant = useTenantSlug()
  const url = useUrlState(AUDIT_URL)
  const { range, ...rest } = url.values
  const [now] = useState(() => Date.now())
  const filter: AuditFilter = { ...rest, from: rangeStart(range, now) }
  const query = useInfiniteQuery(auditQuery(tenant, filter))
  const [opened, setOpened] = useState<AuditRow | null>(null)
  const rows = query.data?.pages.flatMap((page) => page.data) ?? []
  const mayExport = me.capabilities.includes(AUDIT_READ_ALL)
  const columns: TableColumnsType<AuditRow> = [
    { title: t('audit:column.time'), key: 'at', width: 136, render: (_, row) => <TimeText at={row.at} /> },
    {
      title: t('audit:column.action'),
      key: 'action',
      render: (_, row) => (
        <button type="button" className="link-cell mono" onClick={() => setOpened(row)}>
          {row.action}
        </button>
      ),
    },
    { title: t('audit:column.actor'), key: 'actor', render: (_, row) => <Actor row={row} /> },
    {
      title: t('audit:column.object'),
      key: 'object',
      render: (_, row) => <Target row={row} />,
    },
    {
      title: t('audit:column.ip'),
      key: 'ip',
      width: 136,
      render: (_, row) => <span className="mono">{row.ip ?? '—'}</span>,
    },
    {
      title: t('audit:column.request'),
      key: 'request',
      render: (_, row) => <span className="mono muted clip cell-clip">{row.request_id || '—'}</span>,
    },
  ]
  const empty = url.isFiltered ? (
    <Empty
      title={t('audit:nothing.title')}
      text={t('audit:nothing.text')}
      action={<Button onClick={url.clear}>{t('common:filter.clear')}</Button>}
    />
  ) : (
    <Empty title={t('audit:empty.title')} text={t('audit:empty.text')} />
  )
  return (
    <>
      <PageHeader
        title={t('audit:title')}
        summary={scopeText(me.capabilities, t)}
        actions={
          <>
            <ChainBadge />
            {mayExport && <ExportMenu filter={filter} />}
          </>
        }
      />
      <Filters url={url} />
      <Card flush>
        <ListBlock
          query={query}
          problemTitle={t('audit:unread')}
          hasData={query.data !== undefined}
          isEmpty={rows.length === 0}
          empty={empty}
        >
          <DataTable<AuditRow>
            label={t('audit:title')}
            rows={rows}
            rowKey={(row) => row.id}
            columns={columns}
            card={(row) => <AuditCard row={row} open={() => setOpened(row)} />}
            more={query}
          />
        </ListBlock>
      </Card>
      <Suspense fallback={null}>
        {opened && <AuditDetails row={opened} onClose={() => setOpened(null)} />}
      </Suspense>
    </>
  )
}

function Filters({ url }: { url: ReturnType<typeof useUrlState<typeof AUDIT_URL>> }) {
  const { t } = useTranslation()
  const { q, range, object_type, action, actor, object_id } = url.values
  const pinned = { action, actor, object_id }
  return (
    <FilterBar
      search={{ value: q ?? '', placeholder: t('audit:search'), onChange: (text) => url.set({ q: text }) }}
      activeCount={Object.keys(url.values).length}
      onClear={url.clear}
    >
      <Select
        allowClear
        className="filter-select"
        aria-label={t('audit:column.object')}
        placeholder={t('audit:column.object')}
        value={object_type ?? null}
        options={Object.entries(OBJECT_TYPES).map(([value, text]) => ({ value, label: t(text) }))}
        onChange={(value: string | null) => url.set({ object_type: value ?? undefined })}
      />
      <Select
        allowClear
        className="filter-select"
        aria-label={t('audit:range.label')}
        placeholder={t('audit:range.any')}
        value={range ?? null}
        options={Object.entries(RANGE_TEXTS).map(([value, text]) => ({ value, label: t(text) }))}
        onChange={(value: string | null) => url.set({ range: value ?? undefined })}
      />
      {Object.entries(pinned).map(
        ([name, value]) =>
          value !== undefined && (
            <Tag key={name} closable className="filter-tag" onClose={() => url.set({ [name]: undefined })}>
              {`${name} = ${value}`}
            </Tag>
          ),
      )}
    </FilterBar>
  )
}

function Actor({ row }: { row: AuditRow }) {
  return (
    <span className="clip cell-clip" title={row.actor.id || row.actor.type}>
      {row.actor.label || row.actor.type}
    </span>
  )
}

function Target({ row }: { row: AuditRow }) {
  return (
    <span className="clip cell-wide" title={row.object.id}>
      {row.object.label || row.object.id} <span className="muted">{row.object.type}</span>
    </span>
  )
}

function AuditCard({ row, open }: { row: AuditRow; open: () => void }) {
  return (
    <>
      <div className="row-card-head">
        <button type="button" className="link-cell mono clip" onClick={open}>
          {row.action}
        </button>
        <TimeText at={row.at} />
      </div>
      <span className="clip">
        <Target row={row} />
      </span>
      <div className="row-card-line muted small">
        <Actor row={row} />
        <span className="mono">{row.ip ?? '—'}</span>
      </div>
    </>
  )
}
