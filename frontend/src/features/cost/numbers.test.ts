import { expect, test } from 'vitest'
import { daysStretch, requestsHref, stretchOf } from './filters'
import { changeText, heightOf, shareText, ticksFor } from './numbers'

test('almost all is not all, and a little is not nothing', () => {
  expect([0, 0.0004, 0.361, 0.9996, 1].map(shareText)).toEqual([
    '0.0 %',
    '<0.1 %',
    '36.1 %',
    '>99.9 %',
    '100.0 %',
  ])
  expect([-9.31, 0, 0.04, 4200].map(changeText)).toEqual(['9.3 %', '0.0 %', '<0.1 %', '>999 %'])
})

test('ticks are round, start at zero and reach the largest amount', () => {
  expect(ticksFor(['118.640227915', '244.1'])).toEqual([0n, 100n, 200n, 300n].map((n) => n * 1_000_000_000n))
  expect(ticksFor(['0.000123000'])).toEqual([0n, 50_000n, 100_000n, 150_000n])
  expect(ticksFor(['856.2', null])).toEqual([0n, 250n, 500n, 750n, 1000n].map((n) => n * 1_000_000_000n))
  expect(ticksFor([])).toEqual([0n, 10n])
})

test('a bar is as high as its amount', () => {
  expect(heightOf('50.000000000', 100_000_000_000n)).toBe(0.5)
  expect(heightOf('-1.000000000', 100n)).toBe(0)
})

test('two moments win over a named range, and a half one does not count', () => {
  const from = '2026-11-01T00:00:00Z'
  const to = '2026-11-02T00:00:00Z'
  expect(stretchOf({ range: '7d', from, to })).toEqual({ from, to })
  expect(stretchOf({ range: '7d', from })).toEqual({ range: '7d' })
  expect(stretchOf({ from: to, to: from })).toEqual({ range: '30d' })
})

test('the requests behind a number carry its filter and time', () => {
  const answered = { from: '2026-10-31T16:00:00Z', to: '2026-11-20T06:05:00Z' }
  expect(requestsHref('acme', { key: 'key_1' }, answered)).toBe(
    '/t/acme/requests?key=key_1&from=2026-10-31T16%3A00%3A00Z&to=2026-11-20T06%3A05%3A00Z',
  )
})

test('chosen days are cut at midnight of the reporting zone', () => {
  expect(daysStretch('2026-11-18', '2026-11-20', 'Asia/Shanghai')).toEqual({
    from: '2026-11-17T16:00:00.000Z',
    to: '2026-11-20T16:00:00.000Z',
  })
})
