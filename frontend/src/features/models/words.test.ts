import { expect, test } from 'vitest'
import { daysText } from './words'

test('the days of a window are runs or names, in both languages', () => {
  expect(daysText([1, 2, 3, 4, 5], 'en')).toBe('Mon–Fri')
  expect(daysText([7, 6], 'en')).toBe('Sat, Sun')
  expect(daysText([1, 3, 5], 'en')).toBe('Mon, Wed, Fri')
  expect(daysText([1, 2, 3, 4, 5], 'zh-CN')).toBe('周一–周五')
  expect(daysText([1, 2, 3, 4, 5, 6, 7], 'en')).toBeNull()
  expect(daysText(undefined, 'en')).toBeNull()
})
