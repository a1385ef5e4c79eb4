import { queryOptions } from '@tanstack/react-query'
import { api, body } from '../../api/client'
import type { Stretch } from './filters'
import type { Dimension } from './types'

// Windows are five minutes long: asking more often than this shows nothing new.
const POLL_MS = 30_000
const TOP = 50

/** Whose spending: one person's, or null for everybody this person may see. */
export type Whom = string | null

const whose = (user: Whom) => (user === null ? {} : { user_id: user })

export const currentCostQuery = (tenant: string) =>
  queryOptions({
    queryKey: ['cost', tenant, 'current'],
    queryFn: () => body(api.GET('/api/v1/cost/current')),
    refetchInterval: POLL_MS,
  })

/** Which version of the vendors' price lists is in force. */
export const priceListsQuery = (tenant: string) =>
  queryOptions({
    queryKey: ['cost', tenant, 'lists'],
    queryFn: () => body(api.GET('/api/v1/prices/vendors')),
    staleTime: Infinity,
  })

export const dailyCostQuery = (tenant: string, user: Whom, stretch: Stretch) =>
  queryOptions({
    queryKey: ['cost', tenant, 'daily', user, stretch],
    queryFn: () => body(api.GET('/api/v1/cost/daily', { params: { query: { ...whose(user), ...stretch } } })),
    refetchInterval: POLL_MS,
  })

/** The newest day with a request of a long stretch: where a page without any can lead. */
export const lastDayQuery = (tenant: string, user: Whom, stretch: { from: string; to: string }) =>
  queryOptions({
    queryKey: ['cost', tenant, 'last', user, stretch],
    queryFn: async (): Promise<string | null> => {
      const query = { ...whose(user), ...stretch }
      const { data } = await body(api.GET('/api/v1/cost/daily', { params: { query } }))
      return data.findLast(({ requests }) => requests > 0)?.day ?? null
    },
    meta: { isPolled: false },
  })

const PATHS = {
  model: '/api/v1/cost/by-model',
  key: '/api/v1/cost/by-key',
  user: '/api/v1/cost/by-user',
} as const satisfies Record<Dimension, string>

export const rankedCostQuery = (tenant: string, user: Whom, stretch: Stretch, by: Dimension) =>
  queryOptions({
    queryKey: ['cost', tenant, 'ranked', by, user, stretch],
    queryFn: () => body(api.GET(PATHS[by], { params: { query: { ...whose(user), ...stretch, top: TOP } } })),
    refetchInterval: POLL_MS,
  })
