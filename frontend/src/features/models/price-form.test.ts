import { expect, test } from 'vitest'
import { price } from '../../test/model-facts'
import { isAmount, NO_PRICE, parsed, priceTerms, priceValues } from './price-form'

test('a price comes out of its form as it went in', () => {
  expect(priceTerms(priceValues(price))).toEqual({
    rates: price.rates,
    per_call: price.per_call,
    tiers: price.tiers,
    variants: price.variants,
    time_windows: price.time_windows,
  })
})

test('empty classes have no rate: none is not zero', () => {
  const values = {
    ...NO_PRICE,
    in_fresh: ' 0.25 ',
    out_text: '0',
    others: [
      { name: 'in_audio', rate: '' },
      { name: 'out_reasoning', rate: '2' },
    ],
    valid_from: '2026-12-01T00:00',
    note: ' contract 7 ',
  }
  expect(priceTerms(values)).toEqual({
    rates: { in_fresh: '0.25', out_text: '0', out_reasoning: '2' },
    per_call: {},
    tiers: [],
    variants: {},
    time_windows: [],
    valid_from: new Date('2026-12-01T00:00').toISOString(),
    note: 'contract 7',
  })
})

test('an amount is a plain decimal', () => {
  expect(['0', '0.25', ' 3 ', '1e3', '-1', '', '.5', '1,5'].map(isAmount)).toEqual([
    true,
    true,
    true,
    false,
    false,
    false,
    false,
    false,
  ])
})

test('what is no JSON of its kind is none at all', () => {
  expect(parsed('', 'list')).toEqual([])
  expect(parsed(undefined, 'object')).toEqual({})
  expect([
    parsed('{}', 'list'),
    parsed('[]', 'object'),
    parsed('null', 'object'),
    parsed('{', 'list'),
  ]).toEqual([null, null, null, null])
})
