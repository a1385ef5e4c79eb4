import { infiniteQueryOptions, mutationOptions, queryOptions } from '@tanstack/react-query'
import { api, body, idempotent, ifMatch } from '../../api/client'
import type { ApiKeyCreate, ApiKey, ApiKeyWrite } from '../../api/types'

export interface KeyFilter {
  q?: string | undefined
  status?: ApiKey['status'] | undefined
  owner?: string | undefined
}

const PAGE = 100
const CHOICES = 200

export const keysQuery = (tenant: string, filter: KeyFilter) =>
  infiniteQueryOptions({
    queryKey: ['keys', tenant, 'list', filter],
    queryFn: ({ pageParam }) =>
      body(
        api.GET('/api/v1/keys', {
          params: { query: { ...present(filter), limit: PAGE, ...(pageParam ? { cursor: pageParam } : {}) } },
        }),
      ),
    initialPageParam: '',
    getNextPageParam: (last) => (last.has_more ? last.next_cursor : null),
  })

export const keyQuery = (tenant: string, id: string) =>
  queryOptions({
    queryKey: ['keys', tenant, 'one', id],
    queryFn: () => body(api.GET('/api/v1/keys/{key_id}', { params: { path: { key_id: id } } })),
  })

/** Whom a key can belong to; only for people who may list members. */
export const ownersQuery = (tenant: string) =>
  queryOptions({
    queryKey: ['keys', tenant, 'owners'],
    queryFn: () => body(api.GET('/api/v1/members', { params: { query: { limit: CHOICES } } })),
    select: (page) => page.data.map(({ user }) => user),
  })

export const teamsQuery = (tenant: string) =>
  queryOptions({
    queryKey: ['keys', tenant, 'teams'],
    queryFn: () => body(api.GET('/api/v1/teams', { params: { query: { limit: CHOICES } } })),
    select: (page) => page.data,
  })

function present<T extends object>(filter: T): Partial<T> {
  return Object.fromEntries(Object.entries(filter).filter(([, value]) => value)) as Partial<T>
}

// Answers with a whole key are dropped from the cache at once: the sheet's state is their only home (CO-40).
const FORGET = { gcTime: 0 }

export const createMutation = mutationOptions({
  ...FORGET,
  mutationKey: ['keys', 'create'],
  mutationFn: (values: ApiKeyCreate) =>
    body(api.POST('/api/v1/keys', { body: values, headers: idempotent() })),
})

export const rotateMutation = mutationOptions({
  ...FORGET,
  mutationKey: ['keys', 'rotate'],
  mutationFn: ({ id, overlap_s }: { id: string; overlap_s: number }) =>
    body(
      api.POST('/api/v1/keys/{key_id}/rotate', {
        params: { path: { key_id: id } },
        body: { overlap_s },
        headers: idempotent(),
      }),
    ),
})

export const awsPairMutation = mutationOptions({
  ...FORGET,
  mutationKey: ['keys', 'aws-pair'],
  mutationFn: ({ id, overlap_s }: { id: string; overlap_s: number }) =>
    body(
      api.POST('/api/v1/keys/{key_id}/aws-pair', {
        params: { path: { key_id: id } },
        body: { overlap_s },
        headers: idempotent(),
      }),
    ),
})

export const cloneMutation = mutationOptions({
  ...FORGET,
  mutationKey: ['keys', 'clone'],
  mutationFn: ({ id }: { id: string }) =>
    body(
      api.POST('/api/v1/keys/{key_id}/clone', { params: { path: { key_id: id } }, headers: idempotent() }),
    ),
})

export const updateMutation = mutationOptions({
  mutationKey: ['keys', 'update'],
  mutationFn: ({ id, version, changes }: { id: string; version: number; changes: ApiKeyWrite }) =>
    body(
      api.PATCH('/api/v1/keys/{key_id}', {
        params: { path: { key_id: id } },
        body: changes,
        headers: ifMatch(version),
      }),
    ),
})

export const disableMutation = mutationOptions({
  mutationKey: ['keys', 'disable'],
  mutationFn: ({ id, version }: { id: string; version: number }) =>
    body(
      api.DELETE('/api/v1/keys/{key_id}', { params: { path: { key_id: id } }, headers: ifMatch(version) }),
    ),
})

export const enableMutation = mutationOptions({
  mutationKey: ['keys', 'enable'],
  mutationFn: ({ id, version }: { id: string; version: number }) =>
    body(
      api.POST('/api/v1/keys/{key_id}/enable', {
        params: { path: { key_id: id } },
        headers: ifMatch(version),
      }),
    ),
})

export const revokeMutation = mutationOptions({
  mutationKey: ['keys', 'revoke'],
  mutationFn: ({ id, version }: { id: string; version: number }) =>
    body(
      api.POST('/api/v1/keys/{key_id}/revoke', {
        params: { path: { key_id: id } },
        headers: ifMatch(version),
      }),
    ),
})

export const bulkDisableMutation = mutationOptions({
  mutationKey: ['keys', 'bulk-disable'],
  mutationFn: ({ ids }: { ids: string[] }) =>
    body(api.POST('/api/v1/keys/bulk', { body: { action: 'disable', ids }, headers: idempotent() })),
})
