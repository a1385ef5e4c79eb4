import { expect, test } from 'vitest'
import { KEY_URL } from '../features/keys/filters'
import { parseUrlState, writeUrlState } from './url-state'

test('what is written is read again', () => {
  const written = writeUrlState(new URLSearchParams('tab=x'), { q: 'checkout service', status: 'revoked' })
  expect(parseUrlState(KEY_URL, written)).toEqual({
    values: { q: 'checkout service', status: 'revoked' },
    dropped: [],
  })
  expect(written.get('tab')).toBe('x')
})

test('an empty value leaves the address', () => {
  const params = new URLSearchParams('q=a&status=active')
  expect(writeUrlState(params, { q: '', status: undefined }).toString()).toBe('')
})

test('a broken parameter is dropped and named, the others stay', () => {
  const { values, dropped } = parseUrlState(KEY_URL, new URLSearchParams('status=nonsense&q=a&key=../../etc'))
  expect(values).toEqual({ q: 'a' })
  expect(dropped.sort()).toEqual(['key', 'status'])
})
