import { mutationOptions, queryOptions } from '@tanstack/react-query'
import { api, body, idempotent } from '../../api/client'
import { networkProblem, toProblem, type Problem } from '../../api/problem'
import type { components } from '../../api/schema'
import { currentTenant } from '../../api/tenant'
import { send } from '../../api/transport'
import { slugOf, type Choice } from '../../api/vendors'
import type { Language } from '../../i18n/index'
import { FIRST_PROMPT } from '../../ui/key-snippets'
import { textReader } from './first-run'

type Schemas = components['schemas']

export interface SetupValues {
  email: string
  password: string
  tenant: string
  locale: Language
  tz: string
  currency: string
}

export const setupMutation = mutationOptions({
  mutationKey: ['setup'],
  mutationFn: (values: SetupValues & { token: string }) =>
    body(api.POST('/api/console/setup', { body: values })),
})

export const inviteQuery = (token: string) =>
  queryOptions({
    queryKey: ['invite', token],
    queryFn: () => body(api.GET('/api/console/invite', { params: { query: { token } } })),
    retry: false,
    gcTime: 0,
  })

export const acceptMutation = mutationOptions({
  mutationKey: ['accept-invite'],
  mutationFn: (values: { token: string; password?: string; display_name?: string }) =>
    body(api.POST('/api/console/accept-invite', { body: values })),
})

// What carries a secret is dropped from the cache at once (CO-17, CO-40).
const FORGET = { gcTime: 0 }

export const tryVendorMutation = mutationOptions({
  ...FORGET,
  mutationKey: ['welcome', 'test'],
  mutationFn: ({ choice, secret }: VendorKey) =>
    body(
      api.POST('/api/v1/providers/test', {
        body: {
          kind: choice.kind as Kind,
          base_url: choice.base_url,
          credential_kind: 'api_key',
          secret,
        },
      }),
    ),
})

interface VendorKey {
  choice: Choice
  secret: string
}

/** So many models one call may carry. */
const MOST_MODELS = 200

export const connectMutation = mutationOptions({
  ...FORGET,
  mutationKey: ['welcome', 'connect'],
  mutationFn: async ({ choice, secret, models }: VendorKey & { models: string[] }) => {
    const row = await body(
      api.POST('/api/v1/providers', {
        body: {
          kind: choice.kind as Kind,
          name: choice.label,
          slug: slugOf(choice.id),
          base_url: choice.base_url,
          credentials: [{ name: 'primary', kind: 'api_key', secret }],
          models: models.slice(0, MOST_MODELS).map((name) => ({ upstream_name: name, public_name: name })),
        },
        headers: idempotent(),
      }),
    )
    // What was proved before is written down of the row by a test of its own; nobody waits for it.
    const path = { provider_id: row.id }
    void body(api.POST('/api/v1/providers/{provider_id}/test', { params: { path }, body: {} })).catch(
      () => null,
    )
    return row
  },
})

type Kind = NonNullable<Schemas['ProviderCreateRequest']['kind']>

/** Small on purpose: whoever finds it can spend no more. */
const FIRST_BUDGET = '5'

export const firstKeyMutation = mutationOptions({
  ...FORGET,
  mutationKey: ['welcome', 'key'],
  mutationFn: ({ name, owner }: { name: string; owner: string }) =>
    body(
      api.POST('/api/v1/keys', {
        body: { name, kind: 'client', environment: 'live', owner, monthly_budget: FIRST_BUDGET },
        headers: idempotent(),
      }),
    ),
})

export interface FirstAnswer {
  text: string
  first_ms: number
  total_ms: number
}

interface FirstCall {
  model: string
  onText: (text: string) => void
}

/** One streamed request through the gateway, made by the session: no key leaves this page. */
async function sendFirst({ model, onText }: FirstCall): Promise<FirstAnswer> {
  const began = performance.now()
  const passed = () => Math.round(performance.now() - began)
  const call = {
    method: 'POST',
    path: '/v1/chat/completions',
    headers: { 'content-type': 'application/json' },
    body: { model, stream: true, messages: [{ role: 'user', content: FIRST_PROMPT }] },
  }
  const response = await send(
    new Request(new URL('/api/console/run', window.location.origin), {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-switchyard-tenant': currentTenant() ?? '' },
      body: JSON.stringify(call),
    }),
  ).catch(() => {
    throw networkProblem()
  })
  if (!response.ok || !response.body) throw await answeredProblem(response)
  const textOf = textReader()
  let text = ''
  let first: number | null = null
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader()
  for (let piece = await reader.read(); !piece.done; piece = await reader.read()) {
    text += textOf(piece.value)
    if (text === '') continue
    first ??= passed()
    onText(text)
  }
  return { text, first_ms: first ?? passed(), total_ms: passed() }
}

interface VendorError {
  error?: { message?: string; code?: string | null }
}

/** The gateway answers in the client's dialect: its error has the vendor's shape, ours has a code. */
async function answeredProblem(response: Response): Promise<Problem> {
  const answer: unknown = await response.json().catch(() => null)
  const { error } = (answer ?? {}) as VendorError
  const known = error ? { code: error.code ?? `http_${response.status}`, detail: error.message } : answer
  return toProblem(known, response)
}

export const firstRequestMutation = mutationOptions({
  mutationKey: ['welcome', 'send'],
  mutationFn: sendFirst,
})
