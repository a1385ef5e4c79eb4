import { mutationOptions, queryOptions } from '@tanstack/react-query'
import { api, body, ifMatch } from '../../api/client'
import type { TenantWrite } from '../../api/types'

export const tenantQuery = (tenant: string) =>
  queryOptions({
    queryKey: ['settings', tenant],
    queryFn: () => body(api.GET('/api/v1/tenant')),
  })

export const saveTenantMutation = mutationOptions({
  mutationKey: ['settings', 'save'],
  mutationFn: ({ version, changes }: { version: number; changes: TenantWrite }) =>
    body(api.PATCH('/api/v1/tenant', { body: changes, headers: ifMatch(version) })),
})
