import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query'
import { api, body } from '../../api/client'
import type { paths } from '../../api/schema'
import { aboutOneThing } from '../../api/one-thing'
import { apiQuery, isRelative, isRunning, pairQuery, type Filter } from './filters'
import './problems'
import type { RequestRow } from './types'

const PAGE = 200
const MAX_PAGES = 25 // ≤ 5,000 rows held (CO-92)
const CHOICES = 200
const RUNNING_MS = 2000
const MAX_LOOKS = 5
const SHORT_HISTOGRAM_MS = 10_000
const LONG_HISTOGRAM_MS = 60_000
const FAR: Filter['period'] = { range: '30d' }

type ListParameters = NonNullable<paths['/api/v1/requests']['get']['parameters']['query']>

/** What the address holds has been parsed: its names and values are those of the API. */
const parameters = (filter: Filter) => apiQuery(filter) as ListParameters

const TENANT = (tenant: string) => ['requests', tenant] as const

/** A page that is paused keeps what it shows, whatever polls. */
export const listQuery = (tenant: string, filter: Filter, { isPaused }: { isPaused: boolean }) =>
  infiniteQueryOptions({
    queryKey: [...TENANT(tenant), 'list', apiQuery(filter)],
    queryFn: ({ pageParam }) =>
      body(
        api.GET('/api/v1/requests', {
          params: {
            query: { ...parameters(filter), limit: PAGE, ...(pageParam ? { cursor: pageParam } : {}) },
          },
        }),
      ),
    initialPageParam: '',
    getNextPageParam: (last, all) => (last.has_more && all.length < MAX_PAGES ? last.next_cursor : null),
    refetchOnWindowFocus: !isPaused,
    meta: { isPolled: !isPaused },
  })

export const histogramQuery = (tenant: string, filter: Filter, { isPaused }: { isPaused: boolean }) => {
  const { period } = filter
  const isShort = isRelative(period) && (period.range === '15m' || period.range === '1h')
  const every = isShort ? SHORT_HISTOGRAM_MS : LONG_HISTOGRAM_MS
  return queryOptions({
    queryKey: [...TENANT(tenant), 'histogram', apiQuery(filter)],
    queryFn: () => body(api.GET('/api/v1/requests/histogram', { params: { query: parameters(filter) } })),
    refetchInterval: () => (isPaused || !isRunning(period) ? false : every),
    refetchOnWindowFocus: !isPaused,
    meta: { isPolled: !isPaused },
  })
}

/** The newest row a filter has in the last 30 days: where a page without rows can lead. */
export const lastRowQuery = (tenant: string, pairs: Filter['pairs']) =>
  queryOptions({
    queryKey: [...TENANT(tenant), 'last', pairQuery(pairs)],
    queryFn: async (): Promise<RequestRow | null> => {
      const query = { ...parameters({ pairs, period: FAR }), limit: 1 }
      const { data } = await body(api.GET('/api/v1/requests', { params: { query } }))
      return data[0] ?? null
    },
    meta: { isPolled: false },
  })

/** `isRunning`: its record is written when it has ended. Of others it may still be on its way. */
export const requestQuery = (tenant: string, id: string, { isRunning = false } = {}) =>
  queryOptions({
    queryKey: [...TENANT(tenant), 'one', id],
    queryFn: () => body(api.GET('/api/v1/requests/{request_id}', { params: { path: { request_id: id } } })),
    refetchInterval: ({ state }) =>
      state.data === undefined && (isRunning || state.errorUpdateCount < MAX_LOOKS) ? RUNNING_MS : false,
    ...aboutOneThing,
  })

export const receiptQuery = (tenant: string, id: string) =>
  queryOptions({
    queryKey: [...TENANT(tenant), 'receipt', id],
    queryFn: () => body(api.GET('/api/v1/receipts/{request_id}', { params: { path: { request_id: id } } })),
    ...aboutOneThing,
  })

/** What one may filter by, for people who may list it. */
export const keyChoicesQuery = (tenant: string) =>
  queryOptions({
    queryKey: [...TENANT(tenant), 'keys'],
    queryFn: () => body(api.GET('/api/v1/keys', { params: { query: { limit: CHOICES } } })),
    select: (page) => page.data.map(({ id, name, suffix }) => ({ value: id, label: `${name} …${suffix}` })),
    meta: { isPolled: false },
  })

export const providerChoicesQuery = (tenant: string) =>
  queryOptions({
    queryKey: [...TENANT(tenant), 'providers'],
    queryFn: () => body(api.GET('/api/v1/providers/health')),
    select: ({ providers }) => (providers ?? []).map(({ slug, name }) => ({ value: slug, label: name })),
    meta: { isPolled: false },
  })

export interface ExportOrder {
  format: 'csv' | 'json'
  filter: Filter
}

/** At most 10,000 rows, as the server writes them; `isCut`: there are more. */
export async function exportRequests({
  format,
  filter,
}: ExportOrder): Promise<{ file: Blob; isCut: boolean }> {
  const order = { format, filters: apiQuery(filter) }
  const answer = api.POST('/api/v1/requests/export', { body: order, parseAs: 'blob' })
  const file = await body(answer)
  return { file, isCut: (await answer).response.headers.get('x-has-more') === 'true' }
}
