// Who is here and what they may do. Read by every feature; the only cached state that outlives a page.
import { queryOptions, useQuery, type QueryClient } from '@tanstack/react-query'
import { isAllowed, type Gate } from '../app/capabilities'
import { api, body } from './client'
import { useParams } from 'react-router'
import { lastTenant } from './tenant'
import { rememberCsrf } from './transport'
import type { Boot, Me, Preferences } from './types'

export const bootQuery = queryOptions({
  queryKey: ['boot'],
  queryFn: async (): Promise<Boot> => {
    const boot = await body(api.GET('/api/console/boot'))
    rememberCsrf(boot.csrf)
    return boot
  },
})

async function fetchMe(tenant: string | null): Promise<Me> {
  // A route loader asks before the address has changed: the tenant goes along explicitly.
  const headers = tenant ? { 'X-Switchyard-Tenant': tenant } : {}
  const me = await body(api.GET('/api/console/me', { headers }))
  rememberCsrf(me.csrf)
  return me
}

export const meQuery = (tenant: string | null) =>
  queryOptions({ queryKey: ['me', tenant], queryFn: () => fetchMe(tenant), retry: false })

function useTenantParam(): string | null {
  return useParams()['tenant'] ?? lastTenant()
}

export async function savePreferences(changes: Partial<Preferences>): Promise<Me> {
  const me = await body(api.PATCH('/api/console/me', { body: changes }))
  rememberCsrf(me.csrf)
  return me
}

/** The signed-in person; only below a route whose loader has `me` already (CO-6). */
export function useMe(): Me {
  const { data } = useQuery(meQuery(useTenantParam()))
  if (!data) throw new Error('useMe is used outside a signed-in route')
  return data
}

export function useMaybeMe(): Me | null {
  return useQuery({ ...meQuery(useTenantParam()), enabled: false }).data ?? null
}

export function useAllowed(gate: Gate): boolean {
  return isAllowed(useMe().capabilities, gate)
}

export function useTenantSlug(): string {
  return useMe().tenant?.slug ?? ''
}

/** Everything read for the person who leaves is forgotten. */
export function forgetSession(client: QueryClient): void {
  client.removeQueries({ predicate: (query) => query.queryKey[0] !== 'boot' })
}
