import { queryOptions } from '@tanstack/react-query'
import { api, body } from '../../api/client'
import { aboutOneThing } from '../../api/one-thing'
import './problems'

const PAGE = 200
const MAX_PAGES = 5
const POLL_MS = 10_000

interface Page<Row> {
  data: Row[]
  has_more: boolean
  next_cursor: string | null
}

/** Tens of rows, at most some hundreds: filters and order are worked out here, so all of them are read. */
async function allRows<Row>(read: (cursor: { cursor?: string }) => Promise<Page<Row>>): Promise<Row[]> {
  const rows: Row[] = []
  let cursor: string | null = null
  for (let page = 0; page < MAX_PAGES; page += 1) {
    const answer: Page<Row> = await read(cursor === null ? {} : { cursor })
    rows.push(...answer.data)
    cursor = answer.next_cursor
    if (!answer.has_more || cursor === null) break
  }
  return rows
}

export const providersQuery = (tenant: string) =>
  queryOptions({
    queryKey: ['providers', tenant, 'list'],
    queryFn: () =>
      allRows((cursor) =>
        body(api.GET('/api/v1/providers', { params: { query: { limit: PAGE, ...cursor } } })),
      ),
    refetchInterval: POLL_MS,
  })

export const providerQuery = (tenant: string, id: string) =>
  queryOptions({
    queryKey: ['providers', tenant, 'one', id],
    queryFn: () =>
      body(api.GET('/api/v1/providers/{provider_id}', { params: { path: { provider_id: id } } })),
    refetchInterval: POLL_MS,
  })

export const healthQuery = (tenant: string) =>
  queryOptions({
    queryKey: ['providers', tenant, 'health'],
    queryFn: () => body(api.GET('/api/v1/providers/health')),
    refetchInterval: POLL_MS,
  })

export const credentialsQuery = (tenant: string, id: string) =>
  queryOptions({
    queryKey: ['providers', tenant, 'one', id, 'credentials'],
    queryFn: () =>
      allRows((cursor) =>
        body(
          api.GET('/api/v1/providers/{provider_id}/credentials', {
            params: { path: { provider_id: id }, query: { limit: PAGE, ...cursor } },
          }),
        ),
      ),
    refetchInterval: POLL_MS,
  })

export const credentialQuery = (tenant: string, id: string, credential: string) =>
  queryOptions({
    queryKey: ['providers', tenant, 'one', id, 'credential', credential],
    queryFn: () =>
      body(
        api.GET('/api/v1/providers/{provider_id}/credentials/{credential_id}', {
          params: { path: { provider_id: id, credential_id: credential } },
        }),
      ),
  })

export const modelsQuery = (tenant: string, id: string) =>
  queryOptions({
    queryKey: ['providers', tenant, 'one', id, 'models'],
    queryFn: () =>
      allRows((cursor) =>
        body(
          api.GET('/api/v1/providers/{provider_id}/models', {
            params: { path: { provider_id: id }, query: { limit: PAGE, ...cursor } },
          }),
        ),
      ),
  })

export const modelQuery = (tenant: string, id: string, model: string) =>
  queryOptions({
    queryKey: ['providers', tenant, 'one', id, 'model', model],
    queryFn: () =>
      body(
        api.GET('/api/v1/providers/{provider_id}/models/{model_id}', {
          params: { path: { provider_id: id, model_id: model } },
        }),
      ),
  })

export const checksQuery = (tenant: string, id: string) =>
  queryOptions({
    queryKey: ['providers', tenant, 'one', id, 'checks'],
    queryFn: () =>
      body(api.GET('/api/v1/providers/{provider_id}/checks', { params: { path: { provider_id: id } } })),
    refetchInterval: POLL_MS,
  })

interface TestRun {
  provider: string
  credential?: string | undefined
  /** Asked for one token. */
  model?: string | undefined
  /** Counts the runs a person asked for: each is a test of its own. */
  run: number
}

/** A test of what is saved, run when it is first shown. */
export const testRunQuery = (tenant: string, { provider, credential, model, run }: TestRun) =>
  queryOptions({
    queryKey: ['provider-test', tenant, provider, credential ?? null, model ?? null, run],
    queryFn: () => {
      const form = model === undefined ? {} : { model }
      if (credential === undefined) {
        const path = { provider_id: provider }
        return body(api.POST('/api/v1/providers/{provider_id}/test', { params: { path }, body: form }))
      }
      const path = { provider_id: provider, credential_id: credential }
      return body(
        api.POST('/api/v1/providers/{provider_id}/credentials/{credential_id}/test', {
          params: { path },
          body: form,
        }),
      )
    },
    staleTime: 'static',
    gcTime: 0,
    retry: false,
    ...aboutOneThing,
  })
