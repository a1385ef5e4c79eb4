import { expect, test } from 'vitest'
import {
  apiQuery,
  inView,
  parseFilter,
  turned,
  viewOf,
  withPair,
  withValues,
  writeFilter,
  type Pair,
} from './filters'

const parse = (search: string) => parseFilter(new URLSearchParams(search))
const written = (search: string) => writeFilter(new URLSearchParams(search), parse(search).filter).toString()

test.each([
  '',
  'q=req_1',
  'status=error&status=limited&not.source=playground',
  'cost_gte=0.05&latency_ms_gte=10000&tokens_gte=1&stream=true&fallback=false',
  'range=7d',
  'provider=a&from=2026-11-20T05%3A06%3A00.000Z&to=2026-11-20T05%3A26%3A00.000Z',
])('the address %s comes back as it was', (search) => {
  expect(written(search)).toBe(search)
})

test('what else the address holds stays, and the usual range is not written', () => {
  expect(written('open=req_1&tab=receipt&range=1h&status=ok')).toBe('open=req_1&tab=receipt&status=ok')
})

test.each([
  ['status=odd', ['status']],
  ['not.q=x', ['not.q']],
  ['cost_gte=1&cost_gte=2', ['cost_gte']],
  ['cost_gte=1e9', ['cost_gte']],
  ['range=2y', ['range']],
  ['from=soon&to=later', ['from', 'to']],
  ['from=2026-11-20T06:00:00Z&to=2026-11-20T05:00:00Z', ['from', 'to']],
])('of %s is dropped: %s', (search, dropped) => {
  expect(parse(search).dropped).toEqual(dropped)
})

test('the API gets lists, and a range or two moments', () => {
  expect(apiQuery(parse('status=ok&status=error&range=24h').filter)).toEqual({
    status: ['ok', 'error'],
    range: '24h',
  })
  const period = { from: '2026-11-20T05:00:00.000Z', to: '2026-11-20T06:00:00.000Z' }
  expect(apiQuery({ pairs: [], period })).toEqual(period)
})

test('a filter is added once, a single one replaced, and turned round', () => {
  const source: Pair = ['source', 'api']
  expect(withPair([source], source)).toEqual([source])
  expect(withPair([['cost_gte', '1']], ['cost_gte', '2'])).toEqual([['cost_gte', '2']])
  expect(turned([source], source)).toEqual([['not.source', 'api']])
  expect(turned([['not.source', 'api']], ['not.source', 'api'])).toEqual([source])
  expect(withValues([source], 'key', ['a', 'b'])).toEqual([source, ['key', 'a'], ['key', 'b']])
})

test('a view is known by its filters, whatever holds beside', () => {
  expect(viewOf([['not.source', 'api']])).toBe('all')
  expect(viewOf(inView([['q', 'x']], 'hits'))).toBe('hits')
  expect(viewOf(inView(inView([], 'slow'), 'blocked'))).toBe('blocked')
  expect(viewOf([['status', 'ok']])).toBeNull()
})
