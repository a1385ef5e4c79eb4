import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { lazy, Suspense, useState, type ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { useAllowed, useTenantSlug } from '../../../api/session'
import { PLATFORM_PRICES, PROVIDERS_WRITE } from '../../../app/capabilities'
import { DangerConfirm } from '../../../ui/danger-confirm'
import { notify } from '../../../ui/notify'
import { problemSentence } from '../../../ui/problem-text'
import type { RowAction } from '../../../ui/row-menu'
import { FREE } from '../price-form'
import { ALL_PRICES, backEndsQuery, closePriceMutation, createPriceMutation } from '../queries'
import type { CatalogModel, Price, PriceCreate } from '../types'

const PriceForm = lazy(async () => ({ default: (await import('./price-form-drawer')).PriceForm }))

type Dialog =
  | { how: 'create'; row: CatalogModel; from: Price | null }
  | { how: 'replace'; price: Price }
  | { how: 'close'; price: Price }
  | null

export interface PriceActions {
  /** The one thing to do about what a model costs; null for whoever may not. */
  change: (row: CatalogModel, price: Price | null) => RowAction | null
  free: (row: CatalogModel) => RowAction | null
  ofRow: (price: Price) => RowAction[]
}

/** Whose row a new one becomes: the operator's for all tenants, or the tenant's for its own back-ends. */
export function usePriceActions(): { actions: PriceActions; dialogs: ReactNode } {
  const { t } = useTranslation()
  const client = useQueryClient()
  const tenant = useTenantSlug()
  const holdsPrices = useAllowed(PLATFORM_PRICES)
  const mayWrite = useAllowed(PROVIDERS_WRITE)
  const { data: backEnds } = useQuery({ ...backEndsQuery(tenant), enabled: mayWrite && !holdsPrices })
  const [dialog, setDialog] = useState<Dialog>(null)
  const close = () => setDialog(null)
  const refresh = () => void client.invalidateQueries({ queryKey: ALL_PRICES })
  const scope = holdsPrices ? 'operator' : 'tenant'
  const mayPrice = (row: CatalogModel) =>
    holdsPrices || (backEnds?.some(({ id, editable }) => id === row.provider.id && editable) ?? false)
  const zero = useMutation({
    ...createPriceMutation,
    onSuccess: (_, values: PriceCreate) => {
      refresh()
      notify.done(t('models:free.done', { name: values.model }))
    },
    onError: (error) => notify.failed(problemSentence(error, t)),
  })
  const end = useMutation({
    ...closePriceMutation,
    onSuccess: () => {
      refresh()
      close()
    },
  })
  const actions: PriceActions = {
    change: (row, price) => {
      if (!mayPrice(row)) return null
      if (price?.editable) {
        return {
          key: 'change',
          label: t('models:action.change'),
          run: () => setDialog({ how: 'replace', price }),
        }
      }
      const label = t(row.priced ? 'models:action.override' : 'models:action.price')
      return { key: 'price', label, run: () => setDialog({ how: 'create', row, from: price }) }
    },
    free: (row) => {
      if (row.priced || !mayPrice(row)) return null
      const values: PriceCreate = {
        scope,
        provider: row.provider.slug,
        model: row.upstream_name,
        rates: FREE,
        note: 'free',
      }
      return { key: 'free', label: t('models:action.free'), run: () => zero.mutate(values) }
    },
    ofRow: (price) =>
      price.editable && price.state !== 'past'
        ? [
            {
              key: 'change',
              label: t('models:action.change'),
              run: () => setDialog({ how: 'replace', price }),
            },
            {
              key: 'close',
              label: t('models:action.close'),
              danger: true,
              run: () => setDialog({ how: 'close', price }),
            },
          ]
        : [],
  }
  const dialogs = dialog && (
    <Suspense fallback={null}>
      {dialog.how === 'create' && (
        <PriceForm
          title={t('models:form.price_title', { name: dialog.row.upstream_name })}
          scope={scope}
          row={dialog.row}
          from={dialog.from}
          onSaved={refresh}
          onClose={close}
        />
      )}
      {dialog.how === 'replace' && (
        <PriceForm
          title={t('models:form.change_title', { name: dialog.price.model })}
          scope={scope}
          replaces={dialog.price}
          from={dialog.price}
          onSaved={refresh}
          onClose={close}
        />
      )}
      {dialog.how === 'close' && (
        <DangerConfirm
          open
          title={t('models:close.title', { name: dialog.price.model })}
          effects={<p className="muted">{t('models:close.effect')}</p>}
          action={t('models:close.go')}
          keep={t('models:close.keep')}
          isBusy={end.isPending}
          error={end.error}
          onConfirm={() => end.mutate({ id: dialog.price.id })}
          onCancel={close}
        />
      )}
    </Suspense>
  )
  return { actions, dialogs }
}
