import { expect, test } from 'vitest'
import { countdown, exactTime, moneyText, relativeTime, shortTime, tokenCount } from './format'

const SHANGHAI = { tz: 'Asia/Shanghai', language: 'en' } as const
const NOW = new Date('2026-11-20T06:05:40Z')

test.each([
  ['2026-11-20T06:05:32Z', '14:05:32'],
  // 23:30 UTC on the 19th is already today in Shanghai.
  ['2026-11-19T23:30:00Z', '07:30:00'],
  ['2026-11-19T06:05:00Z', 'Nov 19, 14:05'],
  ['2025-11-19T06:05:00Z', 'Nov 19, 2025'],
])('%s is shown as %s', (iso, expected) => {
  expect(shortTime(iso, SHANGHAI, NOW)).toBe(expected)
})

test('an unknown zone falls back to UTC', () => {
  expect(shortTime('2026-11-20T06:05:32Z', { tz: 'Mars/Base', language: 'en' }, NOW)).toBe('06:05:32')
})

test('the exact time carries zone and distance', () => {
  expect(exactTime('2026-11-20T06:05:32Z', SHANGHAI, NOW)).toBe(
    '2026-11-20T06:05:32.000Z · Asia/Shanghai · 8 seconds ago',
  )
  expect(relativeTime('2026-11-19T06:05:40Z', 'zh-CN', NOW)).toBe('昨天')
})

test.each([
  ['80.000000000', 'USD', '$80.00'],
  ['1234567.500000000', 'USD', '$1,234,567.50'],
  ['0.000123000', 'USD', '$0.000123'],
  ['-12.000000000', 'USD', '($12.00)'],
  ['80', 'CNY', '80.00 CNY'],
])('%s %s is shown as %s, without arithmetic', (amount, currency, expected) => {
  expect(moneyText(amount, currency)).toBe(expected)
})

test.each([
  [9999, '9,999'],
  [12_345, '12.3K'],
  [1_000_000, '1.00M'],
  [1_200_000_000, '1.20B'],
])('%d tokens are shown as %s', (value, expected) => {
  expect(tokenCount(value, 'en')).toBe(expected)
})

test('a wait counts minutes and seconds', () => {
  expect(countdown(252)).toBe('4:12')
  expect(countdown(-3)).toBe('0:00')
})
