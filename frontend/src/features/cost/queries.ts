import { queryOptions } from '@tanstack/react-query'
import type { Client } from 'openapi-fetch'
import { api, body } from '../../api/client'
import type { Stretch } from './filters'
import type { CurrentCost, DailyCost, Dimension, RankedCost } from './types'

interface Get<Query, Answer> {
  get: {
    parameters: { query?: Query }
    responses: { 200: { content: { 'application/json': Answer } } }
  }
}
interface Whose {
  user_id?: string
}
interface Asked extends Whose {
  range?: string
  from?: string
  to?: string
}
interface CostPaths {
  '/api/v1/cost/current': Get<Whose, CurrentCost>
  '/api/v1/cost/daily': Get<Asked, DailyCost>
  '/api/v1/cost/by-model': Get<Asked & { top?: number }, RankedCost>
  '/api/v1/cost/by-key': Get<Asked & { top?: number }, RankedCost>
  '/api/v1/cost/by-user': Get<Asked & { top?: number }, RankedCost>
}
const books = api as unknown as Client<CostPaths>

// Windows are five minutes long: asking more often than this shows nothing new.
const POLL_MS = 30_000
const TOP = 50

/** Whose spending: one person's, or null for everybody this person may see. */
export type Whom = string | null

const whose = (user: Whom): Whose => (user === null ? {} : { user_id: user })

export const currentCostQuery = (tenant: string, user: Whom) =>
  queryOptions({
    queryKey: ['cost', tenant, 'current', user],
    queryFn: () => body(books.GET('/api/v1/cost/current', { params: { query: whose(user) } })),
    refetchInterval: POLL_MS,
  })

export const dailyCostQuery = (tenant: string, user: Whom, stretch: Stretch) =>
  queryOptions({
    queryKey: ['cost', tenant, 'daily', user, stretch],
    queryFn: () =>
      body(books.GET('/api/v1/cost/daily', { params: { query: { ...whose(user), ...stretch } } })),
    refetchInterval: POLL_MS,
  })

const PATHS = {
  model: '/api/v1/cost/by-model',
  key: '/api/v1/cost/by-key',
  user: '/api/v1/cost/by-user',
} as const satisfies Record<Dimension, keyof CostPaths>

export const rankedCostQuery = (tenant: string, user: Whom, stretch: Stretch, by: Dimension) =>
  queryOptions({
    queryKey: ['cost', tenant, 'ranked', by, user, stretch],
    queryFn: () =>
      body(books.GET(PATHS[by], { params: { query: { ...whose(user), ...stretch, top: TOP } } })),
    refetchInterval: POLL_MS,
  })
