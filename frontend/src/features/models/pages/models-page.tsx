import { useQuery } from '@tanstack/react-query'
import { Button } from 'antd'
import { lazy, Suspense } from 'react'
import { useTranslation } from 'react-i18next'
import { useAllowed, useTenantSlug } from '../../../api/session'
import { PROVIDERS_WRITE } from '../../../app/capabilities'
import { wholeNumber } from '../../../i18n/format'
import { Card } from '../../../ui/card'
import { DataTable } from '../../../ui/data-table'
import { Empty } from '../../../ui/empty'
import { LinkButton } from '../../../ui/link-button'
import { ListBlock } from '../../../ui/list-block'
import { PageHeader } from '../../../ui/page-header'
import type { RowAction } from '../../../ui/row-menu'
import { useUrlState } from '../../../ui/url-state'
import { useZone } from '../../../ui/use-zone'
import { ModelCard } from '../components/model-card'
import { modelColumns } from '../components/model-columns'
import { ModelFilters } from '../components/model-filters'
import { UnpricedNote } from '../components/unpriced-note'
import { usePriceActions } from '../components/use-price-actions'
import { MODELS_URL } from '../filters'
import { backEndsQuery, catalogQuery } from '../queries'
import type { CatalogModel } from '../types'

const PriceDrawer = lazy(async () => ({ default: (await import('../components/price-drawer')).PriceDrawer }))

/** Every model of every back-end with what it costs, and what has no price although it is used. */
export function ModelsPage() {
  const { t } = useTranslation()
  const { language } = useZone()
  const tenant = useTenantSlug()
  const url = useUrlState(MODELS_URL)
  const { open: openId, ...filter } = url.values
  const isFiltered = Object.keys(filter).length > 0
  const query = useQuery(catalogQuery(tenant, { q: filter.q, provider: filter.provider }))
  const { data: backEnds = [] } = useQuery(backEndsQuery(tenant))
  const { rows: all, isCut } = query.data ?? { rows: [], isCut: false }
  const rows = all.filter((row) => filter.priced === undefined || row.priced === (filter.priced === 'yes'))
  const opened = all.find(({ id }) => id === openId)
  const { actions, dialogs } = usePriceActions()
  const open = (row: CatalogModel) => url.set({ open: row.id })
  const price = (row: CatalogModel) => (row.priced ? null : (actions.change(row, null)?.run ?? null))
  const ofModel = (row: CatalogModel): RowAction[] =>
    [
      { key: 'open', label: t('models:action.open'), run: () => open(row) },
      row.priced ? null : actions.change(row, null),
      actions.free(row),
    ].filter((action) => action !== null)
  return (
    <>
      <PageHeader title={t('models:title')} summary={t('models:summary')} />
      <UnpricedNote
        show={
          filter.priced === 'no' ? null : () => url.set({ priced: 'no', q: undefined, provider: undefined })
        }
      />
      <ModelFilters
        values={filter}
        providers={backEnds.map(({ id, name }) => ({ value: id, label: name }))}
        set={url.set}
      />
      {isCut && (
        <p className="note" role="status">
          {t('models:cut', { count: all.length, number: wholeNumber(all.length, language) })}
        </p>
      )}
      <Card flush>
        <ListBlock
          query={query}
          problemTitle={t('models:unread')}
          hasData={query.data !== undefined}
          isEmpty={rows.length === 0}
          empty={isFiltered ? <NothingMatches clear={url.clear} /> : <NoModels />}
        >
          <DataTable<CatalogModel>
            label={t('models:title')}
            rows={rows}
            rowKey={({ id }) => id}
            columns={modelColumns({ t, language, open, price, actions: ofModel })}
            card={(row) => <ModelCard row={row} open={open} price={price(row)} actions={ofModel(row)} />}
            rowClassName={({ id }) => (id === openId ? 'ant-table-row-selected' : '')}
            footer={<span>{t('models:unit')}</span>}
          />
        </ListBlock>
      </Card>
      <Suspense fallback={null}>
        {opened && (
          <PriceDrawer
            key={opened.id}
            row={opened}
            actions={actions}
            onClose={() => url.set({ open: undefined })}
          />
        )}
      </Suspense>
      {dialogs}
    </>
  )
}

function NothingMatches({ clear }: { clear: () => void }) {
  const { t } = useTranslation()
  return (
    <Empty
      title={t('models:nothing.title')}
      text={t('models:nothing.text')}
      action={<Button onClick={clear}>{t('common:filter.clear')}</Button>}
    />
  )
}

function NoModels() {
  const { t } = useTranslation()
  const tenant = useTenantSlug()
  const mayAdd = useAllowed(PROVIDERS_WRITE)
  return (
    <Empty
      title={t('models:empty.title')}
      text={t('models:empty.text')}
      action={
        mayAdd ? (
          <LinkButton type="primary" to={`/t/${tenant}/providers/new`}>
            {t('models:empty.add')}
          </LinkButton>
        ) : undefined
      }
    />
  )
}
