import { expect, test } from 'vitest'
import { moneyColumn, moneyExact, moneyShort, moneyTick, nanoOf } from './money'

test.each([
  ['1234.560000000', '$1,234.56'],
  ['1.000000000', '$1.00'],
  ['0.123449999', '$0.1234'],
  ['0.009999000', '$0.009999'],
  ['0.000123000', '$0.000123'],
  ['0.000000999', '<$0.000001'],
  ['0.000000000', '$0'],
  ['-3.500000000', '($3.50)'],
])('%s is shown as %s', (amount, text) => {
  expect(moneyShort(amount, 'USD')).toBe(text)
})

test('columns keep six places, receipts nine', () => {
  expect(moneyColumn('12345.678901234', 'USD')).toBe('$12,345.678901')
  expect(moneyExact('12345.678901234', 'USD')).toBe('$12,345.678901234')
  expect(moneyExact('0.1', 'EUR')).toBe('0.100000000 EUR')
})

test('no digit is lost where a float would lose it', () => {
  expect(nanoOf('9007199254740993.000000001')).toBe(9007199254740993000000001n)
  expect(nanoOf('-0.000000001')).toBe(-1n)
  expect(nanoOf('1e9')).toBeNull()
  expect(moneyShort('soon', 'USD')).toBe('soon')
})

test('an axis shows the places its steps need', () => {
  expect([0n, 100_000_000_000n, 500_000_000n, 250_000n].map((nano) => moneyTick(nano, 'USD'))).toEqual([
    '$0',
    '$100',
    '$0.50',
    '$0.000250',
  ])
})
