import { infiniteQueryOptions, mutationOptions, queryOptions } from '@tanstack/react-query'
import { api, body, idempotent, ifMatch } from '../../api/client'
import type { Role } from '../../api/types'

const PAGE = 100
const CHOICES = 200

interface Versioned {
  id: string
  version: number
}

export const membersQuery = (tenant: string, q: string | undefined) =>
  infiniteQueryOptions({
    queryKey: ['members', tenant, 'list', q ?? ''],
    queryFn: ({ pageParam }) =>
      body(
        api.GET('/api/v1/members', {
          params: {
            query: { limit: PAGE, ...(q ? { q } : {}), ...(pageParam ? { cursor: pageParam } : {}) },
          },
        }),
      ),
    initialPageParam: '',
    getNextPageParam: (last) => (last.has_more ? last.next_cursor : null),
  })

export const invitesQuery = (tenant: string) =>
  infiniteQueryOptions({
    queryKey: ['members', tenant, 'invites'],
    queryFn: ({ pageParam }) =>
      body(
        api.GET('/api/v1/invites', {
          params: { query: { limit: PAGE, ...(pageParam ? { cursor: pageParam } : {}) } },
        }),
      ),
    initialPageParam: '',
    getNextPageParam: (last) => (last.has_more ? last.next_cursor : null),
  })

export const teamsQuery = (tenant: string) =>
  queryOptions({
    queryKey: ['members', tenant, 'teams'],
    queryFn: () => body(api.GET('/api/v1/teams', { params: { query: { limit: CHOICES } } })),
    select: (page) => page.data,
  })

export const teamMembersQuery = (tenant: string, id: string) =>
  queryOptions({
    queryKey: ['members', tenant, 'team-members', id],
    queryFn: () =>
      body(
        api.GET('/api/v1/teams/{team_id}/members', {
          params: { path: { team_id: id }, query: { limit: CHOICES } },
        }),
      ),
    select: (page) => page.data,
  })

export const inviteMutation = mutationOptions({
  gcTime: 0,
  mutationKey: ['members', 'invite'],
  mutationFn: (values: { email: string; role: Role; team?: string | null }) =>
    body(api.POST('/api/v1/invites', { body: values, headers: idempotent() })),
})

export const resendMutation = mutationOptions({
  gcTime: 0,
  mutationKey: ['members', 'resend'],
  mutationFn: ({ id }: { id: string }) =>
    body(
      api.POST('/api/v1/invites/{invite_id}/resend', {
        params: { path: { invite_id: id } },
        headers: idempotent(),
      }),
    ),
})

export const withdrawMutation = mutationOptions({
  mutationKey: ['members', 'withdraw'],
  mutationFn: ({ id }: { id: string }) =>
    body(api.POST('/api/v1/invites/{invite_id}/revoke', { params: { path: { invite_id: id } } })),
})

export const changeMutation = mutationOptions({
  mutationKey: ['members', 'change'],
  mutationFn: ({ id, version, ...changes }: Versioned & { role?: Role; status?: 'active' | 'disabled' }) =>
    body(
      api.PATCH('/api/v1/members/{member_id}', {
        params: { path: { member_id: id } },
        body: changes,
        headers: ifMatch(version),
      }),
    ),
})

export const removeMutation = mutationOptions({
  mutationKey: ['members', 'remove'],
  mutationFn: ({ id, version }: Versioned) =>
    body(
      api.DELETE('/api/v1/members/{member_id}', {
        params: { path: { member_id: id } },
        headers: ifMatch(version),
      }),
    ),
})

export const createTeamMutation = mutationOptions({
  mutationKey: ['members', 'create-team'],
  mutationFn: (values: { name: string }) =>
    body(api.POST('/api/v1/teams', { body: values, headers: idempotent() })),
})

export const renameTeamMutation = mutationOptions({
  mutationKey: ['members', 'rename-team'],
  mutationFn: ({ id, version, name }: Versioned & { name: string }) =>
    body(
      api.PATCH('/api/v1/teams/{team_id}', {
        params: { path: { team_id: id } },
        body: { name },
        headers: ifMatch(version),
      }),
    ),
})

export const deleteTeamMutation = mutationOptions({
  mutationKey: ['members', 'delete-team'],
  mutationFn: ({ id, version }: Versioned) =>
    body(
      api.DELETE('/api/v1/teams/{team_id}', { params: { path: { team_id: id } }, headers: ifMatch(version) }),
    ),
})

export const joinTeamMutation = mutationOptions({
  mutationKey: ['members', 'join-team'],
  mutationFn: ({ id, user }: { id: string; user: string }) =>
    body(api.POST('/api/v1/teams/{team_id}/members', { params: { path: { team_id: id } }, body: { user } })),
})

export const leaveTeamMutation = mutationOptions({
  mutationKey: ['members', 'leave-team'],
  mutationFn: ({ id, user }: { id: string; user: string }) =>
    body(
      api.DELETE('/api/v1/teams/{team_id}/members/{user_id}', {
        params: { path: { team_id: id, user_id: user } },
      }),
    ),
})
