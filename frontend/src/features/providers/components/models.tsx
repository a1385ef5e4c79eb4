import { PlusOutlined, SyncOutlined } from '@ant-design/icons'
import { useQuery } from '@tanstack/react-query'
import { Button, Input, type TableColumnsType } from 'antd'
import { lazy, Suspense, useState, type ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { useTenantSlug } from '../../../api/session'
import { tokenCount } from '../../../i18n/format'
import { Card } from '../../../ui/card'
import { DataTable } from '../../../ui/data-table'
import { Empty } from '../../../ui/empty'
import { ListBlock } from '../../../ui/list-block'
import { RowMenu } from '../../../ui/row-menu'
import { StatusTag } from '../../../ui/status-tag'
import { TimeText } from '../../../ui/time-text'
import { useZone } from '../../../ui/use-zone'
import { modelsQuery } from '../queries'
import type { Provider, UpstreamModel } from '../types'
import { useModelActions } from './use-model-actions'

const AddModel = lazy(async () => ({ default: (await import('./model-drawer')).AddModel }))
const SyncDialog = lazy(async () => ({ default: (await import('./sync-dialog')).SyncDialog }))

const NONE = '—'

interface Props {
  row: Provider
  search: string | undefined
  onSearch: (search: string) => void
}

/** Which names the back-end serves, and what clients call them. */
export function Models({ row, search, onSearch }: Props) {
  const { t } = useTranslation()
  const tenant = useTenantSlug()
  const query = useQuery(modelsQuery(tenant, row.id))
  const [open, setOpen] = useState<'add' | 'sync' | null>(null)
  const { actions, dialogs } = useModelActions(row)
  const all = query.data ?? []
  const collator = new Intl.Collator('en', { numeric: true })
  const wanted = search?.trim().toLowerCase() ?? ''
  const rows = all.filter(({ upstream_name, public_name }) =>
    [upstream_name, public_name].some((name) => name.toLowerCase().includes(wanted)),
  )
  rows.sort((a, b) => collator.compare(a.public_name, b.public_name))
  const columns = useColumns(row, actions)
  const tools = row.editable && (
    <>
      <Button icon={<SyncOutlined />} onClick={() => setOpen('sync')}>
        {t('providers:sync.open')}
      </Button>
      <Button type="primary" icon={<PlusOutlined />} onClick={() => setOpen('add')}>
        {t('providers:model.add')}
      </Button>
    </>
  )
  const card = (model: UpstreamModel): ReactNode => (
    <>
      <div className="row-card-head">
        <span className="mono clip">{model.public_name}</span>
        <RowMenu label={t('providers:actions_for', { name: model.public_name })} actions={actions(model)} />
      </div>
      {model.upstream_name !== model.public_name && (
        <span className="muted mono clip">{model.upstream_name}</span>
      )}
      <div className="row-card-line">
        <ModelState row={model} />
        <ContextText value={model.context_window} />
      </div>
    </>
  )
  return (
    <>
      <div className="filters model-filters" role="search">
        {all.length > 8 && (
          <Input
            className="search-box"
            allowClear
            aria-label={t('providers:models.search')}
            placeholder={t('providers:models.search')}
            value={search ?? ''}
            onChange={(event) => onSearch(event.target.value)}
          />
        )}
        <span className="muted">
          {t('providers:models.enabled_of', {
            enabled: all.filter(({ enabled }) => enabled).length,
            count: all.length,
          })}
        </span>
        <span className="grow" />
        {tools}
      </div>
      <Card flush>
        <ListBlock
          query={query}
          problemTitle={t('providers:model.unread')}
          hasData={query.data !== undefined}
          isEmpty={rows.length === 0}
          empty={
            all.length > 0 ? (
              <Empty
                title={t('providers:model.nothing')}
                text={t('providers:model.nothing_text')}
                action={<Button onClick={() => onSearch('')}>{t('common:filter.clear')}</Button>}
              />
            ) : (
              <Empty title={t('providers:model.empty')} text={t('providers:model.empty_text')} />
            )
          }
        >
          <DataTable<UpstreamModel>
            label={t('providers:tab.models')}
            rows={rows}
            rowKey={({ id }) => id}
            columns={columns}
            card={card}
          />
        </ListBlock>
      </Card>
      <Suspense fallback={null}>
        {open === 'add' && <AddModel provider={row} onClose={() => setOpen(null)} />}
        {open === 'sync' && <SyncDialog row={row} onClose={() => setOpen(null)} />}
      </Suspense>
      {dialogs}
    </>
  )
}

function useColumns(
  provider: Provider,
  actions: ReturnType<typeof useModelActions>['actions'],
): TableColumnsType<UpstreamModel> {
  const { t } = useTranslation()
  const menu: TableColumnsType<UpstreamModel> = [
    {
      title: <span className="sr-only">{t('providers:column.actions')}</span>,
      key: 'do',
      width: 44,
      render: (_, row) => (
        <RowMenu label={t('providers:actions_for', { name: row.public_name })} actions={actions(row)} />
      ),
    },
  ]
  return [
    {
      title: t('providers:model.public_name'),
      key: 'public',
      render: (_, row) => <span className="mono">{row.public_name}</span>,
    },
    {
      title: t('providers:model.upstream_name'),
      key: 'upstream',
      render: (_, row) =>
        row.upstream_name === row.public_name ? (
          <span className="muted" title={row.upstream_name}>
            {t('providers:model.same')}
          </span>
        ) : (
          <span className="mono muted">{row.upstream_name}</span>
        ),
    },
    { title: t('providers:column.status'), key: 'state', render: (_, row) => <ModelState row={row} /> },
    {
      title: t('providers:model.context'),
      key: 'context',
      align: 'right',
      render: (_, row) => <ContextText value={row.context_window} />,
    },
    {
      title: t('providers:model.capabilities'),
      key: 'capabilities',
      render: (_, row) => <Abilities row={row} />,
    },
    {
      title: t('providers:model.retires'),
      key: 'retires',
      align: 'right',
      render: (_, row) =>
        row.deprecated_at === null ? <span className="muted">{NONE}</span> : <Retires row={row} />,
    },
    {
      title: t('providers:model.last_seen'),
      key: 'seen',
      align: 'right',
      render: (_, row) => <TimeText at={row.last_seen_at} missing={t('providers:model.not_synced')} />,
    },
    ...(provider.editable ? menu : []),
  ]
}

function ModelState({ row }: { row: UpstreamModel }) {
  const { t } = useTranslation()
  if (row.missing_since !== null) {
    return (
      <StatusTag plain status="degraded">
        {t('providers:model.missing')}
      </StatusTag>
    )
  }
  return (
    <StatusTag plain status={row.enabled ? 'ok' : 'off'}>
      {t(row.enabled ? 'providers:model.on' : 'providers:model.off')}
    </StatusTag>
  )
}

function ContextText({ value }: { value: number | null }) {
  const { language } = useZone()
  if (value === null) return <span className="muted">{NONE}</span>
  return <span title={String(value)}>{tokenCount(value, language)}</span>
}

/** What it serves, and in one word each what it refuses. */
function Abilities({ row }: { row: UpstreamModel }) {
  const { t } = useTranslation()
  const refuses = row.capabilities['refuses']
  const words = Array.isArray(refuses) ? refuses.map(String) : []
  return (
    <span className="abilities">
      {row.operations.map((name) => (
        <span key={name} className="chip">
          {name}
        </span>
      ))}
      {words.length > 0 && (
        <span className="muted">{t('providers:model.refuses', { words: words.join(', ') })}</span>
      )}
    </span>
  )
}

function Retires({ row }: { row: UpstreamModel }) {
  const { t } = useTranslation()
  const hint = row.successor === '' ? undefined : t('providers:model.successor', { name: row.successor })
  return <span title={hint}>{row.deprecated_at}</span>
}
