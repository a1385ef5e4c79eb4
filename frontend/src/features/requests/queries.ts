import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query'
import { api, body } from '../../api/client'
import { isProblem } from '../../api/problem'
import { apiQuery, pairQuery, isRelative, type Filter } from './filters'
import './problems'
import type { Histogram, Receipt, RequestDetail, RequestPage, RequestRow } from './types'

const PAGE = 200
const MAX_PAGES = 25 // ≤ 5,000 rows held (CO-92)
const CHOICES = 200
const RUNNING_MS = 2000
const MAX_LOOKS = 5
const SHORT_HISTOGRAM_MS = 10_000
const LONG_HISTOGRAM_MS = 60_000
const FAR: Filter['period'] = { range: '30d' }

type Query = Record<string, string | string[] | number>

/** Typed by hand until the schema names these paths. */
const raw = api as unknown as {
  GET: (path: string, init: object) => Promise<{ data?: unknown; error?: unknown; response: Response }>
  POST: (path: string, init: object) => Promise<{ data?: unknown; error?: unknown; response: Response }>
}
const read = <T>(path: string, query: Query = {}): Promise<T> =>
  body(raw.GET(path, { params: { query } })) as Promise<T>

const TENANT = (tenant: string) => ['requests', tenant] as const

/** A page that is paused keeps what it shows, whatever polls. */
export const listQuery = (tenant: string, filter: Filter, { isPaused }: { isPaused: boolean }) =>
  infiniteQueryOptions({
    queryKey: [...TENANT(tenant), 'list', apiQuery(filter)],
    queryFn: ({ pageParam }) =>
      read<RequestPage>('/api/v1/requests', {
        ...apiQuery(filter),
        limit: PAGE,
        ...(pageParam ? { cursor: pageParam } : {}),
      }),
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
    queryFn: () => read<Histogram>('/api/v1/requests/histogram', apiQuery(filter)),
    refetchInterval: isPaused || !isRelative(period) ? false : every,
    refetchOnWindowFocus: !isPaused,
    meta: { isPolled: !isPaused },
  })
}

/** The newest row a filter has in the last 30 days: where a page without rows can lead. */
export const lastRowQuery = (tenant: string, pairs: Filter['pairs']) =>
  queryOptions({
    queryKey: [...TENANT(tenant), 'last', pairQuery(pairs)],
    queryFn: () =>
      read<RequestPage>('/api/v1/requests', { ...apiQuery({ pairs, period: FAR }), limit: 1 }).then(
        ({ data }): RequestRow | null => data[0] ?? null,
      ),
    meta: { isPolled: false },
  })

export const requestQuery = (tenant: string, id: string) =>
  queryOptions({
    queryKey: [...TENANT(tenant), 'one', id],
    queryFn: () => read<RequestDetail>(`/api/v1/requests/${encodeURIComponent(id)}`),
    // One that runs, or whose record is still on its way.
    refetchInterval: ({ state }) =>
      state.data?.status === 'running' || (isProblem(state.error) && state.errorUpdateCount < MAX_LOOKS)
        ? RUNNING_MS
        : false,
    placeholderData: undefined,
  })

export const receiptQuery = (tenant: string, id: string) =>
  queryOptions({
    queryKey: [...TENANT(tenant), 'receipt', id],
    queryFn: () => read<Receipt>(`/api/v1/receipts/${encodeURIComponent(id)}`),
    placeholderData: undefined,
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

/** At most 10,000 rows, as the server writes them. */
export async function exportRequests({ format, filter }: ExportOrder): Promise<Blob> {
  return (await body(
    raw.POST('/api/v1/requests/export', {
      body: { format, filters: apiQuery(filter) },
      parseAs: 'blob',
    }),
  )) as Blob
}
