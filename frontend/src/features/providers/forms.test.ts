import dayjs from 'dayjs'
import { expect, test } from 'vitest'
import { credential, kinds, passedTest, presets, provider, upstreamModel } from '../../test/provider-facts'
import { creation, fieldHere, startValues, testForm, type ConnectionValues } from './connection'
import {
  credentialChanges,
  credentialCreation,
  credentialValues,
  currentCredential,
  newCredential,
} from './credential-form'
import { currentModel, modelChanges, modelCreation, modelValues, NEW_MODEL, parseObject } from './model-form'
import { choices } from '../../api/vendors'
import { inRegion, regionOf } from './kind-words'
import { currentSettings, settingsChanges, settingsValues } from './provider-form'

function connection(id: string, changes: Partial<ConnectionValues> = {}) {
  const choice = choices(kinds, presets).find((entry) => entry.id === id)
  const kind = kinds.find((entry) => entry.kind === choice?.kind)
  if (!choice || !kind) throw new Error(`no choice ${id}`)
  return { kind: kind.kind, values: { ...startValues(choice, kind), ...changes } }
}

test('a new back-end carries what was filled in, its first credential and the chosen models', () => {
  const { kind, values } = connection('openai', {
    secret: ' sk-proj-1 ',
    total_ms: 30_000,
    headers: [
      { name: ' X-Team ', value: 'search' },
      { name: '', value: 'lost' },
    ],
  })
  expect(creation(kind, values, [{ upstream: 'gpt-5.6', name: ' ' }], passedTest.models)).toEqual({
    kind: 'openai',
    name: 'OpenAI',
    slug: 'openai',
    base_url: 'https://api.openai.com/v1',
    total_ms: 30_000,
    headers: { 'X-Team': 'search' },
    credentials: [{ name: 'primary', kind: 'api_key', secret: 'sk-proj-1' }],
    models: [
      { upstream_name: 'gpt-5.6', public_name: 'gpt-5.6', operations: ['chat'], context_window: 400_000 },
    ],
  })
})

test('a back-end that asks for no secret still has a row to call with', () => {
  const { kind, values } = connection('mock')
  expect(creation(kind, values, [], [])).toEqual({
    kind: 'mock',
    name: 'Mock',
    slug: 'mock',
    base_url: 'mock:',
    credentials: [{ name: 'primary', kind: 'none' }],
  })
})

test('a test of what is signed says for which region', () => {
  const { kind, values } = connection('bedrock', { base_url: 'https://vpce.example', region: 'eu-west-1' })
  expect(testForm(kind, values)).toMatchObject({ kind: 'bedrock', region: 'eu-west-1' })
})

test('a test sends the connection and nothing else', () => {
  const { kind, values } = connection('openai_compatible', {
    base_url: 'http://127.0.0.1:9099/v1',
    credential_kind: 'header',
    header: 'X-Key',
    secret: 'abc',
    name: 'not part of a test',
  })
  expect(testForm(kind, values, 'mock-echo')).toEqual({
    kind: 'openai_compatible',
    base_url: 'http://127.0.0.1:9099/v1',
    credential_kind: 'header',
    header: 'X-Key',
    secret: 'abc',
    model: 'mock-echo',
  })
})

test.each([
  ['credentials[0].secret', 'secret'],
  ['credentials[0].kind', 'credential_kind'],
  ['headers.X-Team', 'headers'],
  ['base_url', 'base_url'],
])('the error at %s stands at %s', (field, here) => {
  expect(fieldHere(field)).toBe(here)
})

test('untouched settings change nothing, and none of them is a secret', () => {
  const values = settingsValues(provider)
  expect(settingsChanges(values, values)).toEqual({})
  expect(JSON.stringify(values)).not.toMatch(/secret|sealed/)
})

test('what is inherited shows empty; filling it in and emptying it again are both changes', () => {
  const before = settingsValues(provider)
  expect(before.connect_ms).toBeNull()
  expect(settingsChanges(before, { ...before, connect_ms: 3000 })).toEqual({ connect_ms: 3000 })
  const own = settingsValues({ ...provider, connect_ms: 3000, inherited: [] })
  expect(settingsChanges(own, { ...own, connect_ms: null })).toEqual({ connect_ms: null })
})

test('parts of discovery go out together under their name', () => {
  const before = settingsValues(provider)
  const changes = settingsChanges(before, { ...before, name: ' Renamed ', discovery_mode: 'off' })
  expect(changes).toEqual({ name: 'Renamed', discovery: { mode: 'off' } })
  expect(currentSettings({ ...provider, name: 'theirs' }, changes)).toEqual({
    name: 'theirs',
    discovery: { mode: 'suggest', interval_h: 24 },
  })
})

test('a credential is edited without its secret', () => {
  const before = credentialValues(credential)
  expect(before.secret).toBe('')
  expect(credentialChanges(before, { ...before, secret: 'typed', weight: 3, rpm_limit: null })).toEqual({
    weight: 3,
    rpm_limit: null,
  })
  expect(currentCredential({ ...credential, weight: 5 }, { weight: 3 })).toEqual({ weight: 5 })
})

test('a new credential sends what differs from the start, and a day as a day', () => {
  const start = newCredential('api_key', 'key-2')
  expect(
    credentialCreation({ ...start, secret: ' s3cret ', weight: null, expires_at: dayjs('2026-12-31') }),
  ).toEqual({ name: 'key-2', kind: 'api_key', secret: 's3cret', expires_at: '2026-12-31' })
  expect(credentialCreation(newCredential('none', 'open'))).toEqual({ name: 'open', kind: 'none' })
})

test('the effects of a model are JSON, compared by meaning', () => {
  const before = modelValues(upstreamModel)
  expect(modelChanges(before, { ...before, params: '{"drop":["seed"]}' })).toEqual({})
  expect(modelChanges(before, { ...before, params: '' })).toEqual({ params: {} })
  expect(currentModel(upstreamModel, { params: {} })).toEqual({ params: { drop: ['seed'] } })
  expect(modelCreation({ ...NEW_MODEL, upstream_name: ' o5 ' })).toEqual({
    upstream_name: 'o5',
    public_name: 'o5',
  })
})

test.each([
  ['', {}],
  ['{"a": 1}', { a: 1 }],
  ['[1]', null],
  ['{', null],
  ['null', null],
])('%s stands for %j', (text, expected) => {
  expect(parseObject(text)).toEqual(expected)
})

test.each([
  [
    'https://bedrock-runtime.us-east-1.amazonaws.com',
    'us-east-1',
    'https://bedrock-runtime.eu-west-3.amazonaws.com',
  ],
  [
    'https://bedrock-runtime-fips.us-gov-west-1.api.aws/x',
    'us-gov-west-1',
    'https://bedrock-runtime-fips.eu-west-3.api.aws/x',
  ],
  ['https://bedrock.example', '', 'https://bedrock.example'],
])('the region of %s can be changed where it is one of AWS’s own', (address, region, moved) => {
  expect(regionOf(address)).toBe(region)
  expect(inRegion(address, 'eu-west-3')).toBe(moved)
  expect(inRegion(address, 'eu-')).toBe(address)
})
