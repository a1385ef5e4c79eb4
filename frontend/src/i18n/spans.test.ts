import { expect, test } from 'vitest'
import { spanText } from './spans'

test.each([
  [0, '0 ms'],
  [0.4, '<1 ms'],
  [842, '842 ms'],
  [1840, '1.84 s'],
  [59_999, '1 m 0 s'],
  [72_000, '1 m 12 s'],
])('%d milliseconds are %s', (ms, text) => {
  expect(spanText(ms).replaceAll('\u00a0', ' ')).toBe(text)
})
