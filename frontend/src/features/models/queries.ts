import { mutationOptions, queryOptions } from '@tanstack/react-query'
import { api, body, idempotent } from '../../api/client'
import { aboutOneThing } from '../../api/one-thing'
import type { CatalogModel, PriceCreate, PriceTerms } from './types'
import './problems'

const MOST = 200
const MAX_PAGES = 10

interface Answer {
  data: CatalogModel[]
  has_more: boolean
  next_cursor: string | null
}

export interface CatalogFilter {
  q?: string | undefined
  provider?: string | undefined
}

/** All that was read about prices, after one of them changed. */
export const ALL_PRICES = ['models'] as const

/**
 * Some hundreds of rows: whether one has a price is worked out by the server row by row, so all of them are read.
 * `isCut`: there are more than this.
 */
export const catalogQuery = (tenant: string, { q, provider }: CatalogFilter) =>
  queryOptions({
    queryKey: ['models', tenant, 'list', { q, provider }],
    queryFn: async (): Promise<{ rows: CatalogModel[]; isCut: boolean }> => {
      const rows: CatalogModel[] = []
      const asked = {
        limit: MOST,
        ...(q === undefined ? {} : { q }),
        ...(provider === undefined ? {} : { provider }),
      }
      let cursor: string | null = null
      for (let page = 0; page < MAX_PAGES; page += 1) {
        const query: typeof asked & { cursor?: string } = cursor === null ? asked : { ...asked, cursor }
        const answer: Answer = await body(api.GET('/api/v1/catalog/models', { params: { query } }))
        rows.push(...answer.data)
        cursor = answer.next_cursor
        if (!answer.has_more || cursor === null) return { rows, isCut: false }
      }
      return { rows, isCut: true }
    },
  })

/** What was called in the last days and had no price. */
export const unpricedQuery = (tenant: string) =>
  queryOptions({
    queryKey: ['models', tenant, 'unpriced'],
    queryFn: () => body(api.GET('/api/v1/prices/unpriced')),
  })

export const backEndsQuery = (tenant: string) =>
  queryOptions({
    queryKey: ['providers', tenant, 'names'],
    queryFn: async () =>
      (await body(api.GET('/api/v1/providers', { params: { query: { limit: MOST } } }))).data,
  })

export const lookupQuery = (tenant: string, { provider, upstream_name: model }: CatalogModel) =>
  queryOptions({
    queryKey: ['models', tenant, 'lookup', provider.id, model],
    queryFn: () =>
      body(api.GET('/api/v1/prices/lookup', { params: { query: { provider: provider.id, model } } })),
    ...aboutOneThing,
  })

/** Every row under these names, newest first. */
export const historyQuery = (tenant: string, names: readonly string[]) =>
  queryOptions({
    queryKey: ['models', tenant, 'history', names],
    queryFn: async () => {
      const pages = await Promise.all(
        names.map((model) => body(api.GET('/api/v1/prices', { params: { query: { model, limit: MOST } } }))),
      )
      return pages
        .flatMap(({ data }) => data)
        .sort((one, other) => other.valid_from.localeCompare(one.valid_from))
    },
    ...aboutOneThing,
  })

export const createPriceMutation = mutationOptions({
  mutationKey: ['models', 'price', 'create'],
  mutationFn: (values: PriceCreate) =>
    body(api.POST('/api/v1/prices', { body: values, headers: idempotent() })),
})

/** Closes the row and opens one that differs from it. */
export const replacePriceMutation = mutationOptions({
  mutationKey: ['models', 'price', 'replace'],
  mutationFn: ({ id, terms }: { id: string; terms: PriceTerms }) =>
    body(api.PATCH('/api/v1/prices/{price_id}', { params: { path: { price_id: id } }, body: terms })),
})

export const closePriceMutation = mutationOptions({
  mutationKey: ['models', 'price', 'close'],
  mutationFn: ({ id }: { id: string }) =>
    body(api.DELETE('/api/v1/prices/{price_id}', { params: { path: { price_id: id } } })),
})
