import { expect, test } from 'vitest'
import { kinds, presets } from '../test/provider-facts'
import { choices, found, guess, host, slugOf } from './vendors'

const all = choices(kinds, presets)

test('what most people look for stands first, bare kinds last, and what no kind serves is absent', () => {
  expect(all.map(({ id }) => id)).toEqual([
    'openai',
    'anthropic',
    'bedrock',
    'zhipu',
    'openrouter',
    'openai_compatible',
    'mock',
  ])
})

test.each([
  ['sk-ant-api03-abc', ['anthropic']],
  ['sk-or-v1-abc', ['openrouter']],
  ['  sk-proj-abc ', ['openai']],
  // Many vendors issue keys that start like this: nobody is guessed.
  ['sk-abc', []],
  ['', []],
])('the key %s belongs to %j', (key, expected) => {
  expect(guess(all, key).map(({ id }) => id)).toEqual(expected)
})

test('a vendor is found by name, script and host', () => {
  expect(found(all, '智谱').map(({ id }) => id)).toEqual(['zhipu'])
  expect(found(all, 'bigmodel').map(({ id }) => id)).toEqual(['zhipu'])
  expect(found(all, ' OPENAI ').map(({ id }) => id)).toEqual(['openai', 'openai_compatible'])
  expect(found(all, '')).toHaveLength(all.length)
})

test.each([
  ['OpenAI', 'openai'],
  ['vLLM on the rack', 'vllm-on-the-rack'],
  ['3rd party', 'rd-party'],
  ['智谱', 'provider'],
  ['Übermodell', 'u-bermodell'],
])('the slug of %s is %s', (name, slug) => {
  expect(slugOf(name)).toBe(slug)
})

test('a host is what stands between scheme and path', () => {
  expect(host('https://api.openai.com/v1')).toBe('api.openai.com')
  expect(host('mock:')).toBe('')
  expect(host('nonsense')).toBe('nonsense')
})
