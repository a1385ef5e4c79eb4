import { PlusOutlined } from '@ant-design/icons'
import { useInfiniteQuery } from '@tanstack/react-query'
import { Button, Select } from 'antd'
import { lazy, Suspense, useMemo, useState, type Key, type ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { useMe, useTenantSlug } from '../../../api/session'
import type { ApiKey, ApiKeyWithSecret } from '../../../api/types'
import { Card } from '../../../ui/card'
import { DataTable } from '../../../ui/data-table'
import { Empty } from '../../../ui/empty'
import { FilterBar } from '../../../ui/filter-bar'
import { ListBlock } from '../../../ui/list-block'
import { PageHeader } from '../../../ui/page-header'
import { useUrlState } from '../../../ui/url-state'
import { useZone } from '../../../ui/use-zone'
import { BulkBar } from '../components/bulk-bar'
import { KeyCard } from '../components/key-card'
import { keyColumns } from '../components/key-columns'
import { useKeyActions } from '../components/use-key-actions'
import { KEY_URL } from '../filters'
import { isUnused, KEY_STATUS } from '../key-state'
import { keysQuery } from '../queries'

// Fetched when first opened: the list alone is the first load.
const CreateDrawer = lazy(async () => ({
  default: (await import('../components/create-drawer')).CreateDrawer,
}))
const DetailDrawer = lazy(async () => ({
  default: (await import('../components/detail-drawer')).DetailDrawer,
}))
const EditDrawer = lazy(async () => ({ default: (await import('../components/edit-drawer')).EditDrawer }))
const IssuedSheet = lazy(async () => ({ default: (await import('../components/issued-sheet')).IssuedSheet }))

export const AllKeysPage = () => <KeysPage isSelf={false} />
export const MyKeysPage = () => <KeysPage isSelf />

function KeysPage({ isSelf }: { isSelf: boolean }) {
  const { t } = useTranslation()
  const me = useMe()
  const tenant = useTenantSlug()
  const zone = useZone()
  const url = useUrlState(KEY_URL)
  const { q, status } = url.values
  const [issued, setIssued] = useState<ApiKeyWithSecret | null>(null)
  const [selected, setSelected] = useState<Key[]>([])
  const query = useInfiniteQuery(keysQuery(tenant, { q, status, owner: isSelf ? me.user.id : undefined }))
  const rows = useMemo(() => query.data?.pages.flatMap((page) => page.data) ?? [], [query.data])
  const isFiltered = q !== undefined || status !== undefined
  const isFirst = query.data !== undefined && rows.length === 0 && !isFiltered
  const take = (key: ApiKeyWithSecret) => {
    url.set({ create: undefined })
    if (key.key) setIssued(key)
  }
  const open = (row: ApiKey) => url.set({ key: row.id })
  const { actions, dialogs } = useKeyActions({
    edit: (row) => url.set({ key: undefined, edit: row.id }),
    onIssued: take,
  })
  const columns = keyColumns({ t, zone, currency: me.currency ?? 'USD', showOwner: !isSelf, actions, open })
  const create = (
    <Button type="primary" icon={<PlusOutlined />} onClick={() => url.set({ create: '1' })}>
      {t('keys:create')}
    </Button>
  )
  const statuses = Object.entries(KEY_STATUS).map(([value, look]) => ({ value, label: t(look.text) }))
  return (
    <>
      <PageHeader
        title={t(isSelf ? 'keys:my_title' : 'keys:title')}
        summary={query.data && !isFirst && <Summary rows={rows} hasMore={query.hasNextPage} />}
        actions={!isFirst && create}
      />
      {!isFirst && (
        <FilterBar
          search={{ value: q ?? '', placeholder: t('keys:search'), onChange: (text) => url.set({ q: text }) }}
          activeCount={Number(q !== undefined) + Number(status !== undefined)}
          onClear={() => url.set({ q: undefined, status: undefined })}
        >
          <Select
            allowClear
            className="filter-select"
            aria-label={t('keys:column.status')}
            placeholder={t('keys:column.status')}
            value={status ?? null}
            options={statuses}
            onChange={(value: string | null) => url.set({ status: value ?? undefined })}
          />
        </FilterBar>
      )}
      <BulkBar ids={selected.map(String)} onDone={() => setSelected([])} />
      <Card flush>
        <ListBlock
          query={query}
          problemTitle={t('keys:unread')}
          hasData={query.data !== undefined}
          isEmpty={rows.length === 0}
          empty={
            <NoKeys
              isFiltered={isFiltered}
              create={create}
              onClear={() => url.set({ q: undefined, status: undefined })}
            />
          }
        >
          <DataTable<ApiKey>
            label={t(isSelf ? 'keys:my_title' : 'keys:title')}
            rows={rows}
            rowKey={(row) => row.id}
            columns={columns}
            card={(row) => <KeyCard row={row} actions={actions(row)} open={open} />}
            selection={{ keys: selected, onChange: setSelected }}
            more={query}
          />
        </ListBlock>
      </Card>
      <Suspense fallback={null}>
        {url.values.create && (
          <CreateDrawer isSelf={isSelf} onIssued={take} onClose={() => url.set({ create: undefined })} />
        )}
        {url.values.edit && (
          <EditDrawer id={url.values.edit} isSelf={isSelf} onClose={() => url.set({ edit: undefined })} />
        )}
        {url.values.key && (
          <DetailDrawer id={url.values.key} actions={actions} onClose={() => url.set({ key: undefined })} />
        )}
        {dialogs}
        {issued?.key && (
          <IssuedSheet issued={{ ...issued, key: issued.key }} onDone={() => setIssued(null)} />
        )}
      </Suspense>
    </>
  )
}

function Summary({ rows, hasMore }: { rows: ApiKey[]; hasMore: boolean }) {
  const { t } = useTranslation()
  const [now] = useState(() => Date.now())
  const active = rows.filter((row) => row.status === 'active').length
  const unused = rows.filter((row) => isUnused(row, now)).length
  const count = hasMore
    ? t('keys:summary.more', { count: rows.length })
    : t('keys:summary.count', { count: rows.length })
  const parts = [count, t('keys:summary.active', { count: active })]
  if (unused > 0) parts.push(t('keys:summary.unused', { count: unused }))
  return <>{parts.join(t('common:comma')) + t('common:stop')}</>
}

function NoKeys({
  isFiltered,
  create,
  onClear,
}: {
  isFiltered: boolean
  create: ReactNode
  onClear: () => void
}) {
  const { t } = useTranslation()
  if (isFiltered) {
    return (
      <Empty
        title={t('keys:nothing.title')}
        text={t('keys:nothing.text')}
        action={<Button onClick={onClear}>{t('common:filter.clear')}</Button>}
      />
    )
  }
  return <Empty title={t('keys:empty.title')} text={t('keys:empty.text')} action={create} />
}
