// The lane of a request, and what its vendor was sent otherwise than the client had said.
import { act, screen, within } from '@testing-library/react'
import { expect, test } from 'vitest'
import { showLanguage } from '../../i18n/index'
import { answer } from '../../test/handlers'
import { visit } from '../../test/render'
import { failedRequest, request, requestDetail, requestPage } from '../../test/request-facts'
import { server } from '../../test/server'
import type { Attempt, BodyDifference, RequestDetail, RequestRow } from './types'
import { chooseColumns } from './use-columns'

const path = `/t/acme/requests/${request.id}?tab=conversion`
const [failed, delivered] = requestDetail.attempts as [Attempt, Attempt]

function show(more: Partial<RequestDetail>) {
  server.use(answer('get', '/api/v1/requests/:id', { ...requestDetail, ...more }))
  return visit(path)
}

const withDifference = (difference: BodyDifference | null): Partial<RequestDetail> => ({
  attempts: [{ ...delivered, difference }],
})

const rows = (table: HTMLElement) =>
  within(table)
    .getAllByRole('row')
    .slice(1)
    .map((row) => [...row.children].map(({ textContent }) => textContent))

const DIFFERENCE: BodyDifference = {
  fields: [
    {
      field: 'model',
      client: { bytes: 6, value: 'fast' },
      provider: { bytes: null, value: 'gemini-3-flash' },
    },
    { field: 'max_tokens', client: { bytes: 4, value: '1024' }, provider: null },
    { field: 'messages', client: { bytes: 5120, value: null }, provider: { bytes: 5030, value: null } },
    { field: 'user', client: { bytes: 34, value: null }, provider: { bytes: 34, value: null } },
    { field: 'n', client: null, provider: { bytes: 1, value: null } },
  ],
  more: 2,
}

test('fields that went up otherwise stand side by side, as values or as sizes', async () => {
  show(withDifference(DIFFERENCE))
  const table = await screen.findByRole('table', { name: /What was sent otherwise/ })
  expect(rows(table)).toEqual([
    ['model', 'fast', 'gemini-3-flash in the path'],
    ['max_tokens', '1024', 'absent'],
    ['messages', '5,120 bytes', '5,030 bytes'],
    ['user', '34 bytes', '34 bytes, others'],
    ['n', 'absent', '1 byte'],
  ])
  expect(screen.getByText('And 2 fields more.')).toBeVisible()
  expect(screen.getByText(/Bodies are not stored\. Kept are names, sizes/)).toBeVisible()
  await act(() => showLanguage('zh-CN'))
  const translated = screen.getByRole('table', { name: /发送内容的差异/ })
  expect(rows(translated)[0]).toEqual(['model', 'fast', 'gemini-3-flash 在路径中'])
  expect(rows(translated)[3]).toEqual(['user', '34 字节', '34 字节，内容不同'])
})

test('each attempt has been sent a body of its own', async () => {
  show({ attempts: [{ ...failed, difference: { fields: [], more: 0 } }, delivered] })
  const part = await screen.findByRole('region', { name: 'What was sent otherwise' })
  const heads = within(part).getAllByRole('heading', { level: 4 })
  expect(heads.map(({ textContent }) => textContent)).toEqual([
    'Attempt 1 · anthropic · claude-sonnet-4-6',
    'Attempt 2 · anthropic · claude-sonnet-4-6',
  ])
  expect(within(part).getByText(/No field differs/)).toBeVisible()
  expect(within(part).getAllByRole('table')).toHaveLength(1)
})

test('attempts that were sent the same are told once', async () => {
  const { difference } = delivered
  const again = [0, 1].map((attempt) => ({ ...failed, attempt, difference }))
  const elsewhere = { ...delivered, attempt: 2, provider: 'house' }
  show({ attempts: [...again, elsewhere] })
  const part = await screen.findByRole('region', { name: 'What was sent otherwise' })
  const heads = within(part).getAllByRole('heading', { level: 4 })
  expect(heads.map(({ textContent }) => textContent)).toEqual([
    'Attempts 1–2 · anthropic · claude-sonnet-4-6',
    'Attempt 3 · house · claude-sonnet-4-6',
  ])
})

test('what nobody has compared is told apart from what is alike', async () => {
  show(withDifference(null))
  expect(await screen.findByText(/Nothing to compare/)).toBeVisible()
  expect(screen.queryByText(/No field differs/)).toBeNull()
})

test('where no vendor was called nothing was converted either', async () => {
  show({ attempts: [], lane: 'none' })
  const tab = await screen.findByRole('tabpanel')
  expect(within(tab).getByText('No vendor was called.')).toBeVisible()
  expect(within(tab).queryByText(/Converted/)).toBeNull()
})

test.each([
  [
    'as it came',
    { ...withDifference({ fields: [], more: 0 }) },
    'Native: passed on as Anthropic Messages, as it came',
  ],
  ['not compared', { ...withDifference(null) }, 'Native: passed on as Anthropic Messages'],
  [
    'changed beyond what is listed',
    { ...withDifference(DIFFERENCE) },
    'Native: passed on as Anthropic Messages, 7 fields changed',
  ],
  [
    'translated',
    { lane: 'translation', target_dialect: 'openai.responses' },
    'Translated: Anthropic Messages → OpenAI Responses',
  ],
  [
    'written anew',
    { lane: 'translation', target_dialect: 'anthropic.messages' },
    'Translated: Anthropic Messages, read and written anew',
  ],
  [
    'recorded by an earlier release',
    { lane: 'translation', target_dialect: '' },
    'Translated: Anthropic Messages → the dialect of anthropic',
  ],
  [
    'of a dialect of tomorrow',
    { lane: 'translation', target_dialect: 'acme.talk' },
    'Translated: Anthropic Messages → acme.talk',
  ],
] as const)('the lane of what was %s', async (_what, more, text) => {
  show(more)
  expect((await screen.findByText('Lane')).nextElementSibling?.textContent).toBe(text)
})

test('the list tells dialects, lanes and losses in words, and what they are called in the books', async () => {
  chooseColumns(['dialect', 'target_dialect', 'lane', 'degraded'])
  const translated: RequestRow = {
    ...request,
    lane: 'translation',
    target_dialect: 'openai.chat',
    degraded: ['top_k', 'seed'],
  }
  const refused: RequestRow = { ...failedRequest, lane: 'none', target_dialect: '' }
  server.use(answer('get', '/api/v1/requests', requestPage(translated, refused)))
  visit('/t/acme/requests?target_dialect=openai.chat&not.lane=native&degraded=top_k')
  const row = await screen.findByRole('row', { name: /Anthropic Messages.*OpenAI Chat/ })
  expect(row).toHaveTextContent('Anthropic MessagesOpenAI ChattranslatedTop-k, Seed')
  expect(within(row).getByTitle('openai.chat')).toBeVisible()
  expect(within(row).getByTitle('top_k, seed')).toBeVisible()
  expect(screen.getByText('Vendor dialect is OpenAI Chat')).toBeVisible()
  expect(screen.getByText('Lane is not native')).toBeVisible()
  expect(screen.getByText('Field lost is Top-k')).toBeVisible()
  const other = screen.getAllByRole('row').find((one) => one.dataset['id'] === refused.id)
  expect(other).toHaveTextContent('Anthropic Messages———')
  await act(() => showLanguage('zh-CN'))
  expect(await screen.findByText('Top-k, 随机种子')).toBeVisible()
  expect(row).toHaveTextContent('转换')
  act(() => chooseColumns(null))
})

test.each([
  ['chat', 'openai.chat', 'Chat', 'Native: passed on as OpenAI Chat'],
  ['images', 'openai.chat', 'Images', 'Native: passed on as OpenAI API'],
  ['count_tokens', 'openai.responses', 'Count tokens', 'Native: passed on as OpenAI Responses'],
  ['of_tomorrow', 'openai.chat', 'of_tomorrow', 'Native: passed on as OpenAI Chat'],
])('what was asked for is told of %s', async (operation, dialect, word, lane) => {
  show({ ...withDifference(null), operation, dialect, target_dialect: dialect })
  expect((await screen.findByText('Operation')).nextElementSibling?.textContent).toBe(word)
  expect(screen.getByText('Operation').nextElementSibling).toHaveAttribute('title', operation)
  expect(screen.getByText('Lane').nextElementSibling?.textContent).toBe(lane)
  await act(() => showLanguage('zh-CN'))
  expect(screen.getByText('操作')).toBeVisible()
})

test('of what an earlier release has told, the operation is not known', async () => {
  show({ operation: '' })
  expect(await screen.findByText('Lane')).toBeInTheDocument()
  expect(screen.queryByText('Operation')).toBeNull()
})

test('an image is no chat in the list either', async () => {
  chooseColumns(['dialect', 'target_dialect'])
  const passed = { ...request, operation: 'images', dialect: 'openai.chat', target_dialect: 'openai.chat' }
  server.use(answer('get', '/api/v1/requests', requestPage(passed)))
  visit('/t/acme/requests')
  expect(await screen.findByRole('row', { name: /OpenAI API.*OpenAI API/ })).toBeVisible()
  expect(screen.queryByText('OpenAI Chat')).toBeNull()
  act(() => chooseColumns(null))
})
