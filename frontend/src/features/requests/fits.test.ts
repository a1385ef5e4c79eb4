import { expect, test } from 'vitest'
import { failedRequest, request } from '../../test/request-facts'
import type { Pair } from './filters'
import { isOutside } from './fits'

const ID = '0193a000-0000-7000-8000-000000000001'

test.each<[string, Pair[], boolean]>([
  ['nothing is asked', [], false],
  ['it has ended', [['status', 'running']], true],
  [
    'one of two is enough',
    [
      ['status', 'running'],
      ['status', 'ok'],
    ],
    false,
  ],
  ['it became what was not wanted', [['not.status', 'ok']], true],
  [
    'an alternative is another name',
    [
      ['status', 'ok'],
      ['fallback', 'false'],
    ],
    true,
  ],
  ['another back-end answered', [['provider', 'openai']], true],
  ['the id of a back-end is in no row', [['provider', ID]], false],
  ['nor is a credential', [['credential', 'primary']], false],
  ['what an end does not change is not asked again', [['source', 'batch']], false],
])('%s', (_, pairs, outside) => {
  expect(isOutside(request, pairs)).toBe(outside)
})

test('any error is one of several', () => {
  expect(isOutside(failedRequest, [['status', 'error']])).toBe(false)
  expect(isOutside(failedRequest, [['not.status', 'error']])).toBe(true)
  expect(isOutside({ ...failedRequest, degraded: ['top_k'] }, [['not.degraded', 'top_k']])).toBe(true)
})
