import { expect, test } from 'vitest'
import { histogram, request, requestDetail } from '../../test/request-facts'
import { axisText, buckets, bucketSize, ticks, totals } from './histogram'
import { merged } from './use-live-requests'
import { steps, sums, wholeMs } from './waterfall'

test('buckets add up, and the last one still runs', () => {
  const all = buckets(histogram, Date.parse('2026-11-20T06:00:00Z'))
  expect(all.map(({ total }) => total)).toEqual([2022, 108, 54])
  expect(all.map(({ isRunning }) => isRunning)).toEqual([false, false, true])
  expect(all[1]?.counts).toEqual({ ok: 100, client: 3, upstream: 4, blocked: 1 })
  expect(totals(histogram)).toEqual({ all: 2184, failed: 31 })
})

test.each([
  [0, [0, 1, 2]],
  [3, [0, 2, 4]],
  [10, [0, 5, 10]],
  [61, [0, 50, 100]],
  [2022, [0, 2000, 4000]],
])('an axis up to %d has the steps %j', (highest, steps) => {
  expect(ticks(highest)).toEqual(steps)
})

test('an axis shows hours within two days and dates beyond', () => {
  const zone = { tz: 'Asia/Shanghai', language: 'en' } as const
  expect(axisText('2026-11-20T06:00:00Z', 3_600_000, zone)).toBe('14:00')
  expect(axisText('2026-11-20T06:00:00Z', 7 * 86_400_000, zone)).toBe('Nov 20')
  expect(bucketSize(1200)).toEqual({ count: 20, text: 'requests:bucket.minute' })
})

test('bars start where the step did; what failed and what waited is told apart', () => {
  const all = steps(requestDetail)
  expect(all.map(({ side }) => side)).toEqual(['gateway', 'failed', 'wait', 'upstream', 'upstream'])
  expect(all[1]?.note).toBe('…a1f3 · 529')
  expect(wholeMs(all, requestDetail.latency_ms)).toBe(9846)
  const { gateway, upstream, failed, wait } = sums(all)
  expect([gateway, upstream, failed, wait].map(Math.round)).toEqual([0, 9031, 611, 202])
})

test('steps inside of each other are counted once', () => {
  const span = { side: 'upstream' as const, attempt: 0 }
  const all = steps({
    attempts: [],
    spans: [
      { ...span, name: 'attempt', start_ms: 0, end_ms: 100 },
      { ...span, name: 'first token', start_ms: 0, end_ms: 40 },
      { ...span, name: 'stream', start_ms: 40, end_ms: 100 },
    ],
  })
  expect(sums(all).upstream).toBe(100)
})

test('news and list are one sequence, in which nothing runs again that has ended', () => {
  const running = { ...request, status: 'running' as const }
  const newer = { ...request, id: 'req_2', time: '2026-11-20T07:00:00.000000Z' }
  expect(merged([request], [running, newer]).map(({ id, status }) => [id, status])).toEqual([
    ['req_2', 'ok'],
    [request.id, 'ok'],
  ])
  expect(merged([running], [request])).toEqual([request])
})
