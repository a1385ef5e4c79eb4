import { expect, test } from 'vitest'
import { dayAfter, dayStart, dayText, localDay } from './zone-day'

test.each([
  ['2026-11-20', 'Asia/Shanghai', '2026-11-19T16:00:00.000Z'],
  ['2026-11-20', 'Asia/Kolkata', '2026-11-19T18:30:00.000Z'],
  ['2026-11-01', 'America/New_York', '2026-11-01T04:00:00.000Z'],
  ['2026-11-02', 'America/New_York', '2026-11-02T05:00:00.000Z'],
  ['2026-03-08', 'America/New_York', '2026-03-08T05:00:00.000Z'],
  ['2026-03-09', 'America/New_York', '2026-03-09T04:00:00.000Z'],
  ['2026-09-06', 'America/Santiago', '2026-09-06T04:00:00.000Z'],
  ['2026-03-08', 'America/Havana', '2026-03-08T05:00:00.000Z'],
  ['2026-03-29', 'Asia/Beirut', '2026-03-28T22:00:00.000Z'],
  ['2026-11-20', 'UTC', '2026-11-20T00:00:00.000Z'],
])('%s begins in %s at %s', (day, tz, start) => {
  expect(dayStart(day, tz)).toBe(start)
  expect(localDay(start, tz)).toBe(day)
})

test('days follow each other over the end of a month', () => {
  expect(dayAfter('2026-11-30')).toBe('2026-12-01')
  expect(dayAfter('2026-12-01', -2)).toBe('2026-11-29')
  expect(dayText('2026-11-30', 'en')).toBe('Nov 30')
})
