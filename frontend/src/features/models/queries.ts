import { infiniteQueryOptions, mutationOptions, queryOptions } from '@tanstack/react-query'
import type { Client } from 'openapi-fetch'
import { api, body, idempotent } from '../../api/client'
import type { CatalogModel, Lookup, Price, PriceCreate, PriceTerms, Unpriced } from './types'
import './problems'

interface Page<Row> {
  data: Row[]
  has_more: boolean
  next_cursor: string | null
}
interface Get<Query, Answer> {
  get: { parameters: { query: Query }; responses: { 200: { content: { 'application/json': Answer } } } }
}
interface ById {
  path: { price_id: string }
}
interface ModelPaths {
  '/api/v1/catalog/models': Get<
    { q?: string; provider?: string; priced?: boolean; limit: number; cursor?: string },
    Page<CatalogModel>
  >
  '/api/v1/prices': Get<{ model: string; limit: number }, Page<Price>> & {
    post: {
      parameters: { header: { 'Idempotency-Key': string } }
      requestBody: { content: { 'application/json': PriceCreate } }
      responses: { 201: { content: { 'application/json': Price } } }
    }
  }
  '/api/v1/prices/lookup': Get<{ provider: string; model: string }, Lookup>
  '/api/v1/prices/unpriced': { get: { responses: { 200: { content: { 'application/json': Unpriced[] } } } } }
  '/api/v1/prices/{price_id}': {
    patch: {
      parameters: ById
      requestBody: { content: { 'application/json': PriceTerms } }
      responses: { 201: { content: { 'application/json': Price } } }
    }
    delete: { parameters: ById; responses: { 204: { content: Record<string, never> } } }
  }
}
const book = api as unknown as Client<ModelPaths>

const PAGE = 100
const MOST = 200

export interface CatalogFilter {
  q?: string | undefined
  provider?: string | undefined
  priced?: boolean | undefined
}

/** All that was read about prices, after one of them changed. */
export const ALL_PRICES = ['models'] as const

export const catalogQuery = (tenant: string, { q, provider, priced }: CatalogFilter) =>
  infiniteQueryOptions({
    queryKey: ['models', tenant, 'list', { q, provider, priced }],
    queryFn: ({ pageParam }) =>
      body(
        book.GET('/api/v1/catalog/models', {
          params: {
            query: {
              limit: PAGE,
              ...(q === undefined ? {} : { q }),
              ...(provider === undefined ? {} : { provider }),
              ...(priced === undefined ? {} : { priced }),
              ...(pageParam === '' ? {} : { cursor: pageParam }),
            },
          },
        }),
      ),
    initialPageParam: '',
    getNextPageParam: (last) => (last.has_more ? last.next_cursor : null),
  })

/** What was called in the last days and had no price. */
export const unpricedQuery = (tenant: string) =>
  queryOptions({
    queryKey: ['models', tenant, 'unpriced'],
    queryFn: () => body(book.GET('/api/v1/prices/unpriced')),
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
      body(book.GET('/api/v1/prices/lookup', { params: { query: { provider: provider.id, model } } })),
    placeholderData: undefined,
  })

/** Every row under these names, newest first. */
export const historyQuery = (tenant: string, names: readonly string[]) =>
  queryOptions({
    queryKey: ['models', tenant, 'history', names],
    queryFn: async () => {
      const pages = await Promise.all(
        names.map((model) => body(book.GET('/api/v1/prices', { params: { query: { model, limit: MOST } } }))),
      )
      return pages
        .flatMap(({ data }) => data)
        .sort((one, other) => other.valid_from.localeCompare(one.valid_from))
    },
    placeholderData: undefined,
  })

export const createPriceMutation = mutationOptions({
  mutationKey: ['models', 'price', 'create'],
  mutationFn: (values: PriceCreate) =>
    body(book.POST('/api/v1/prices', { body: values, params: { header: idempotent() } })),
})

/** Closes the row and opens one that differs from it. */
export const replacePriceMutation = mutationOptions({
  mutationKey: ['models', 'price', 'replace'],
  mutationFn: ({ id, terms }: { id: string; terms: PriceTerms }) =>
    body(book.PATCH('/api/v1/prices/{price_id}', { params: { path: { price_id: id } }, body: terms })),
})

export const closePriceMutation = mutationOptions({
  mutationKey: ['models', 'price', 'close'],
  mutationFn: ({ id }: { id: string }) =>
    body(book.DELETE('/api/v1/prices/{price_id}', { params: { path: { price_id: id } } })),
})
