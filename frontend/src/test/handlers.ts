// The server as it answers when all is well; a test replaces what it is about.
import { http, HttpResponse, type JsonBodyType } from 'msw'
import { byKey, byModel, byUser, current, daily } from './cost-facts'
import { audit, boot, invite, key, me, member, SECRET, team, tenant } from './facts'
import { lookup, price, pricedModel, unpricedModel } from './model-facts'
import { credential, kinds, mockProvider, presets, provider, upstreamModel } from './provider-facts'
import { failedRequest, histogram, receipt, request, requestDetail, requestPage } from './request-facts'

export function page<T>(...data: T[]) {
  return { data, has_more: false, next_cursor: null }
}

interface Refusal {
  status: number
  code: string
  [fact: string]: unknown
}

export function refuse({ status, ...facts }: Refusal) {
  const body = {
    type: `/docs/errors#${facts.code}`,
    title: facts.code,
    status,
    request_id: 'req_42',
    errors: [],
    ...facts,
  }
  return HttpResponse.json(body, { status, headers: { 'content-type': 'application/problem+json' } })
}

/** Answers of one path and method, whatever the query. */
export function answer(
  method: 'get' | 'post' | 'patch' | 'delete',
  path: string,
  body: JsonBodyType | object,
  status = 200,
) {
  return http[method](path, () => HttpResponse.json(body as JsonBodyType, { status }))
}

export const handlers = [
  answer('get', '/api/v1/requests', requestPage(request, failedRequest)),
  answer('get', '/api/v1/requests/histogram', histogram),
  answer('get', '/api/v1/requests/:id', requestDetail),
  answer('get', '/api/v1/receipts/:id', receipt),
  answer('get', '/api/v1/providers/health', { providers: [] }),
  answer('get', '/api/console/boot', boot),
  answer('get', '/api/console/me', me),
  answer('patch', '/api/console/me', me),
  answer('get', '/api/console/error-codes', {
    data: [
      {
        code: 'validation',
        status: 400,
        meaning: 'A field is wrong.',
        cause: 'A typo.',
        fix: 'Read errors[].',
        retry: false,
      },
      {
        code: 'unavailable',
        status: 503,
        meaning: 'Not ready.',
        cause: 'Starting.',
        fix: 'Wait.',
        retry: true,
      },
    ],
  }),
  answer('get', '/api/v1/keys', page(key)),
  answer('post', '/api/v1/keys', { ...key, key: SECRET, key_shown: true, propagated: true }, 201),
  answer('get', '/api/v1/keys/:id', key),
  answer('get', '/api/v1/providers', page(provider, mockProvider)),
  answer('get', '/api/v1/providers/kinds', kinds),
  answer('get', '/api/v1/providers/presets', presets),
  answer('get', '/api/v1/providers/:id', provider),
  answer('get', '/api/v1/providers/:id/credentials', page(credential)),
  answer('get', '/api/v1/providers/:id/models', page(upstreamModel)),
  answer('get', '/api/v1/providers/:id/checks', page()),
  answer('get', '/api/v1/members', page(member)),
  answer('get', '/api/v1/teams', page(team)),
  answer('get', '/api/v1/invites', page(invite)),
  answer('get', '/api/v1/audit', page(audit)),
  answer('get', '/api/v1/audit/verify', { chain: 't1', ok: true, rows: 7, first_bad_seq: null }),
  answer('get', '/api/v1/cost/current', current),
  answer('get', '/api/v1/cost/daily', daily),
  answer('get', '/api/v1/cost/by-model', byModel),
  answer('get', '/api/v1/cost/by-key', byKey),
  answer('get', '/api/v1/cost/by-user', byUser),
  answer('get', '/api/v1/catalog/models', page(pricedModel, unpricedModel)),
  answer('get', '/api/v1/prices', page(price)),
  answer('get', '/api/v1/prices/vendors', [{ vendor: 'openai', models: 40, version: '2026-11-18' }]),
  answer('get', '/api/v1/prices/lookup', lookup),
  answer('get', '/api/v1/prices/unpriced', [
    {
      provider: unpricedModel.provider,
      upstream_name: 'house-llama',
      public_name: 'house-llama',
      requests_7d: 37,
      reason: 'used',
    },
  ]),
  answer('get', '/api/v1/tenant', tenant),
  answer('get', '/api/v1/sessions', {
    ...page({
      id: 's1',
      current: true,
      ip: '127.0.0.1',
      user_agent: 'Mozilla/5.0 (X11; Linux x86_64) Chrome/140.0',
      created_at: '2026-11-19T14:05:32Z',
      last_seen_at: '2026-11-19T14:05:32Z',
    }),
  }),
]
