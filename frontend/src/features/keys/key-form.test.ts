import dayjs from 'dayjs'
import { expect, test } from 'vitest'
import { key } from '../../test/facts'
import { changedFields, creation, currentFields, NEW_KEY, toForm } from './key-form'
import { isUnused, mask } from './key-state'

test('an untouched form changes nothing', () => {
  expect(changedFields(toForm(key), toForm(key))).toEqual({})
})

test('only what was touched is sent, an emptied field as null', () => {
  const before = toForm({ ...key, requests_per_minute: 600, tags: ['a'] })
  expect(changedFields(before, { ...before, requests_per_minute: null, tags: ['a', 'b'] })).toEqual({
    requests_per_minute: null,
    tags: ['a', 'b'],
  })
})

test('money keeps its digits and loses only the padding', () => {
  expect(toForm({ ...key, monthly_budget: '80.000000000' }).monthly_budget).toBe('80')
  expect(toForm({ ...key, monthly_budget: '0.123456789' }).monthly_budget).toBe('0.123456789')
  expect(toForm({ ...key, monthly_budget: '100' }).monthly_budget).toBe('100')
})

test('a date goes out as a day, so that the server ends it in the reporting zone', () => {
  expect(creation({ ...NEW_KEY, name: 'ci', expires_at: dayjs('2026-12-31') })).toEqual({
    name: 'ci',
    kind: 'client',
    environment: 'live',
    expires_at: '2026-12-31',
  })
})

test('a client key never carries the scopes of a management key', () => {
  expect(creation({ ...NEW_KEY, name: 'ci', scopes: ['member.write'] })).not.toHaveProperty('scopes')
  expect(creation({ ...NEW_KEY, name: 'ci', kind: 'management', scopes: ['member.write'] })).toMatchObject({
    scopes: ['member.write'],
  })
})

test('the conflict view shows the fields I changed as they are now', () => {
  expect(currentFields({ ...key, name: 'theirs' }, { name: 'mine' })).toEqual({ name: 'theirs' })
})

test('a mask is all that is shown of a key', () => {
  expect(mask(key)).toBe('sy-live-abcdefghijkl-…9f2c')
})

test.each([
  ['never used, made 91 days ago', { last_used_at: null, created_at: '2026-08-20T00:00:00Z' }, true],
  ['used yesterday', { last_used_at: '2026-11-18T00:00:00Z', created_at: '2025-01-01T00:00:00Z' }, false],
  ['made yesterday', { last_used_at: null, created_at: '2026-11-18T00:00:00Z' }, false],
])('unused for 90 days: %s', (_, times, expected) => {
  expect(isUnused({ status: 'active', ...times }, Date.parse('2026-11-19T12:00:00Z'))).toBe(expected)
})
