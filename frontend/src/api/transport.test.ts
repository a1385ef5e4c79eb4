import { http, HttpResponse } from 'msw'
import { expect, test } from 'vitest'
import { server } from '../test/server'
import { boot } from '../test/facts'
import { answer, refuse } from '../test/handlers'
import { api, body } from './client'
import { Problem, toProblem } from './problem'
import { rememberCsrf } from './transport'

test('a rotated token is fetched again and the write repeated once', async () => {
  const tokens: (string | null)[] = []
  rememberCsrf('old')
  server.use(
    answer('get', '/api/console/boot', { ...boot, csrf: 'new' }),
    http.post('/api/v1/sessions/revoke-all', ({ request }) => {
      tokens.push(request.headers.get('x-csrftoken'))
      return tokens.length === 1
        ? refuse({ status: 403, code: 'csrf_failed' })
        : HttpResponse.json({ sessions_ended: 1 })
    }),
  )
  await expect(body(api.POST('/api/v1/sessions/revoke-all'))).resolves.toEqual({ sessions_ended: 1 })
  expect(tokens).toEqual(['old', 'new'])
})

test('a refusal becomes a problem with its facts', async () => {
  server.use(http.get('/api/v1/keys', () => refuse({ status: 429, code: 'rate_limited', retry_after: 7 })))
  const failed = body(api.GET('/api/v1/keys'))
  await expect(failed).rejects.toBeInstanceOf(Problem)
  await expect(failed).rejects.toMatchObject({
    body: { status: 429, code: 'rate_limited', retry_after: 7, request_id: 'req_42' },
  })
})

test('a lost network is a problem of its own', async () => {
  server.use(http.get('/api/v1/keys', () => HttpResponse.error()))
  await expect(body(api.GET('/api/v1/keys'))).rejects.toMatchObject({ code: 'network_unreachable' })
})

test('an answer that is no problem body still has a code', () => {
  const response = new Response('bad gateway', { status: 502, headers: { 'retry-after': '3' } })
  expect(toProblem('bad gateway', response).body).toEqual({ status: 502, code: 'http_502', retry_after: 3 })
})
