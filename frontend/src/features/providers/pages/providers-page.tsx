import { PlusOutlined } from '@ant-design/icons'
import { useQuery } from '@tanstack/react-query'
import { Button } from 'antd'
import { lazy, Suspense, useState } from 'react'
import { kindsQuery } from '../../../api/vendors'
import { useTranslation } from 'react-i18next'
import { useAllowed, useTenantSlug } from '../../../api/session'
import { PROVIDERS_READ, PROVIDERS_WRITE } from '../../../app/capabilities'
import { Card } from '../../../ui/card'
import { DataTable } from '../../../ui/data-table'
import { Empty } from '../../../ui/empty'
import { LinkButton } from '../../../ui/link-button'
import { ListBlock } from '../../../ui/list-block'
import { PageHeader } from '../../../ui/page-header'
import { useUrlState } from '../../../ui/url-state'
import { useZone } from '../../../ui/use-zone'
import { HealthList } from '../components/health-list'
import { ProviderCard } from '../components/provider-card'
import { providerColumns } from '../components/provider-columns'
import { ProviderFilters } from '../components/provider-filters'
import { useProviderActions } from '../components/use-provider-actions'
import { LIST_URL, matching, sorted } from '../provider-list'
import { shownState } from '../provider-state'
import { providersQuery } from '../queries'
import type { Provider } from '../types'
import { useLiveHealth } from '../use-live-health'

// Fetched when first opened: the list alone is the first load.
const TestAllDialog = lazy(async () => ({
  default: (await import('../components/test-all-dialog')).TestAllDialog,
}))
const StartGallery = lazy(async () => ({
  default: (await import('../components/start-gallery')).StartGallery,
}))

/** Whoever may read them sees everything; a developer sees names and health. */
export function ProvidersPage() {
  useLiveHealth()
  return useAllowed(PROVIDERS_READ) ? <FullList /> : <HealthList />
}

/** Nothing of one's own to send real traffic to yet: only what came with the installation. */
const isBare = (rows: readonly Provider[]) => rows.every((row) => row.kind === 'mock')

function FullList() {
  const { t } = useTranslation()
  const tenant = useTenantSlug()
  const { language } = useZone()
  const mayWrite = useAllowed(PROVIDERS_WRITE)
  const url = useUrlState(LIST_URL)
  const { sort, ...filter } = url.values
  const [isTesting, setTesting] = useState(false)
  const query = useQuery(providersQuery(tenant))
  const { data: kinds } = useQuery(kindsQuery)
  const kindLabel = (kind: string) => kinds?.find((entry) => entry.kind === kind)?.label ?? kind
  const all = query.data ?? []
  const rows = sorted(matching(all, filter), sort, language)
  const isFiltered = rows.length < all.length
  const { actions, dialogs } = useProviderActions()
  const href = (row: Provider) => `/t/${tenant}/providers/${row.id}`
  const testable = all.filter((row) => row.editable && row.enabled)
  const add = (
    <LinkButton to={`/t/${tenant}/providers/new`} type="primary" icon={<PlusOutlined />}>
      {t('providers:add')}
    </LinkButton>
  )
  return (
    <>
      <PageHeader
        title={t('providers:title')}
        summary={query.data && all.length > 0 && <Summary rows={all} />}
        actions={
          mayWrite &&
          query.data && (
            <>
              {testable.length > 0 && (
                <Button onClick={() => setTesting(true)}>{t('providers:test_all.open')}</Button>
              )}
              {add}
            </>
          )
        }
      />
      {all.length > 1 && (
        <ProviderFilters
          filter={filter}
          sort={sort}
          kinds={[...new Set(all.map(({ kind }) => kind))].map((value) => ({
            value,
            label: kindLabel(value),
          }))}
          set={url.set}
        />
      )}
      <Card flush>
        <ListBlock
          query={query}
          problemTitle={t('providers:unread')}
          hasData={query.data !== undefined}
          isEmpty={rows.length === 0}
          empty={
            isFiltered ? (
              <Empty
                title={t('providers:nothing.title')}
                text={t('providers:nothing.text')}
                action={<Button onClick={url.clear}>{t('common:filter.clear')}</Button>}
              />
            ) : (
              <Empty title={t('providers:empty.title')} text={t('providers:empty.text')} />
            )
          }
        >
          <DataTable<Provider>
            label={t('providers:title')}
            rows={rows}
            rowKey={(row) => row.id}
            columns={providerColumns({ t, sort, kindLabel, href, actions })}
            card={(row) => <ProviderCard row={row} href={href(row)} actions={actions(row)} />}
            onSort={(key, { isDescending }) => {
              const next = isDescending ? `-${key}` : key
              url.set({ sort: next === 'name' ? undefined : next })
            }}
          />
        </ListBlock>
      </Card>
      <Suspense fallback={null}>
        {mayWrite && query.data && isBare(all) && <StartGallery />}
        {isTesting && <TestAllDialog rows={testable} href={href} onClose={() => setTesting(false)} />}
      </Suspense>
      {dialogs}
    </>
  )
}

const NAMED = 2

/** How many there are, and by name what is not well: the worst first. */
function Summary({ rows }: { rows: Provider[] }) {
  const { t } = useTranslation()
  const { language } = useZone()
  const bad = sorted(rows, 'status', language).filter((row) => shownState(row) in IS_BAD)
  const count = t('providers:summary.count', { count: rows.length })
  if (bad.length === 0) return <>{t('providers:summary.fine', { count })}</>
  const named = bad.slice(0, NAMED).map((row) => t(IS_BAD[shownState(row)] ?? '', { name: row.name }))
  if (bad.length > NAMED) named.push(t('providers:summary.more_bad', { count: bad.length - NAMED }))
  return <>{t('providers:summary.bad', { count, named: named.join(t('common:comma')) })}</>
}

const IS_BAD: Partial<Record<ReturnType<typeof shownState>, string>> = {
  down: 'providers:summary.is_down',
  degraded: 'providers:summary.is_degraded',
}
