import { expect, test } from 'vitest'
import { mockProvider, provider } from '../../test/provider-facts'
import { parseUrlState } from '../../ui/url-state'
import { LIST_URL, matching, parseSort, sorted } from './provider-list'
import { countCells, monogram, shownState } from './provider-state'

const down = {
  ...provider,
  id: 'd',
  name: 'DeepSeek',
  slug: 'deepseek',
  host: 'api.deepseek.com',
  models_enabled: 2,
  status: { ...provider.status, state: 'down' as const },
}
const rows = [provider, mockProvider, down]
const names = (found: typeof rows) => found.map(({ name }) => name)

test('rows stand by name unless told otherwise, and what is broken stands first by status', () => {
  expect(names(sorted(rows, undefined, 'en'))).toEqual(['DeepSeek', 'Mock', 'OpenAI'])
  expect(names(sorted(rows, '-name', 'en'))).toEqual(['OpenAI', 'Mock', 'DeepSeek'])
  expect(names(sorted(rows, 'status', 'en'))).toEqual(['DeepSeek', 'Mock', 'OpenAI'])
  expect(names(sorted(rows, '-models', 'en'))).toEqual(['OpenAI', 'Mock', 'DeepSeek'])
  expect(names(sorted(rows, 'credentials', 'en'))).toEqual(['Mock', 'DeepSeek', 'OpenAI'])
  expect(names(sorted(rows, 'kind', 'en'))[0]).toBe('Mock')
})

test('filters join, and the search knows host and slug', () => {
  expect(names(matching(rows, { q: 'API.deepseek' }))).toEqual(['DeepSeek'])
  expect(names(matching(rows, { status: 'down' }))).toEqual(['DeepSeek'])
  expect(names(matching(rows, { scope: 'platform' }))).toEqual(['Mock'])
  expect(names(matching(rows, { scope: 'own', kind: 'openai' }))).toEqual(['OpenAI', 'DeepSeek'])
  expect(matching(rows, { scope: 'platform', status: 'down' })).toEqual([])
})

test('the address is read strictly', () => {
  const read = (text: string) => parseUrlState(LIST_URL, new URLSearchParams(text))
  expect(read('sort=-models&status=draining').values).toEqual({ sort: '-models', status: 'draining' })
  expect(read('sort=price&kind=../x').dropped.sort()).toEqual(['kind', 'sort'])
  expect(parseSort('-status')).toEqual({ key: 'status', isDescending: true })
  expect(parseSort(undefined)).toEqual({ key: 'name', isDescending: false })
})

test('what a person switched wins over what was measured', () => {
  expect(shownState({ ...down, enabled: false })).toBe('disabled')
  expect(shownState({ ...down, draining: true })).toBe('draining')
  expect(shownState(down)).toBe('down')
})

test('a tile shows the first letter, whatever the script', () => {
  expect(monogram(' openAI')).toBe('O')
  expect(monogram('阿里云')).toBe('阿')
  expect(monogram('')).toBe('?')
})

test('cells are counted by what they say', () => {
  expect(countCells([0, 1, 2, 2, null])).toEqual({ good: 2, degraded: 1, down: 1 })
})
