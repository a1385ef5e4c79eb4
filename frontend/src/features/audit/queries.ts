import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query'
import { api, body } from '../../api/client'
import { toProblem } from '../../api/problem'
import { currentTenant } from '../../api/tenant'

export interface AuditFilter {
  q?: string | undefined
  action?: string | undefined
  actor?: string | undefined
  object_type?: string | undefined
  object_id?: string | undefined
  from?: string | undefined
  to?: string | undefined
}

const PAGE = 50
// Every reading of the log is a row in it: it is read when somebody asks, not when a window gets the focus.
const QUIET = { refetchOnWindowFocus: false, meta: { isPolled: false } } as const

function present(filter: AuditFilter): Record<string, string> {
  return Object.fromEntries(
    Object.entries(filter).filter((entry): entry is [string, string] => Boolean(entry[1])),
  )
}

export const auditQuery = (tenant: string, filter: AuditFilter) =>
  infiniteQueryOptions({
    queryKey: ['audit', tenant, 'list', filter],
    queryFn: ({ pageParam }) =>
      body(
        api.GET('/api/v1/audit', {
          params: { query: { ...present(filter), limit: PAGE, ...(pageParam ? { cursor: pageParam } : {}) } },
        }),
      ),
    initialPageParam: '',
    getNextPageParam: (last) => (last.has_more ? last.next_cursor : null),
    ...QUIET,
  })

export const chainQuery = (tenant: string) =>
  queryOptions({
    queryKey: ['audit', tenant, 'chain'],
    queryFn: () => body(api.GET('/api/v1/audit/verify')),
    // Walks the whole chain: once per visit is enough.
    ...QUIET,
    staleTime: Infinity,
  })

/** The filtered rows with the heads of the chain, as the server writes them. */
export async function downloadAudit(filter: AuditFilter, format: 'csv' | 'json'): Promise<Blob> {
  const query = new URLSearchParams({ ...present(filter), format })
  const tenant = currentTenant()
  const response = await fetch(`/api/v1/audit/export?${query.toString()}`, {
    headers: tenant ? { 'x-switchyard-tenant': tenant } : {},
  })
  if (!response.ok) throw toProblem(await response.json().catch(() => null), response)
  return response.blob()
}
