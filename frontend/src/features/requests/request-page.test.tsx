import { act, screen, within } from '@testing-library/react'
import { http } from 'msw'
import { expect, test } from 'vitest'
import { answer, refuse } from '../../test/handlers'
import { visit } from '../../test/render'
import { receipt, request, requestDetail } from '../../test/request-facts'
import { server } from '../../test/server'
import { showLanguage } from '../../i18n/index'

const path = `/t/acme/requests/${request.id}`

test('a request has an address of its own, with where its time went', async () => {
  visit(path)
  expect(await screen.findByRole('heading', { level: 1, name: request.id })).toBeVisible()
  const waterfall = await screen.findByRole('region', { name: 'Where the time went' })
  const steps = within(waterfall)
    .getAllByRole('listitem')
    .map(({ textContent }) => textContent.replaceAll('\u00a0', ' '))
  expect(steps).toContain('Attempt 1…a1f3 · 529611 ms')
  expect(steps).toContain('Backoff202 ms')
  expect(steps).toContain('Upstream 9.03 s')
  const attempts = screen.getByRole('region', { name: 'Attempts' })
  expect(within(attempts).getByText('overloaded')).toBeVisible()
  expect(within(attempts).getByText('9.03 s')).toBeVisible()
})

test('the receipt shows its arithmetic to the last digit', async () => {
  visit(path)
  const line = await screen.findByRole('row', { name: /Input, read from cache/ })
  expect(line).toHaveTextContent('12,032')
  expect(line).toHaveTextContent('$0.30 per 1 M')
  expect(line).toHaveTextContent('$0.003 609 600')
  expect(screen.getByText('Charged').nextElementSibling).toHaveTextContent('$0.042 009 600')
  expect(screen.getByText(/Price row claude-sonnet-4\.6, version 2026-11-18\./)).toBeVisible()
})

test('whoever may not see costs sees what is charged', async () => {
  const [paid] = receipt.attempts
  if (!paid) throw new Error('no attempt')
  const hidden = { lines: [], price: null, rounding: null, cost: null, multiplier: null, markup_bp: null }
  server.use(
    answer('get', '/api/v1/receipts/:id', {
      ...receipt,
      attempts: [{ ...paid, ...hidden }],
      total: { cost: null, charge: '0.046210560' },
    }),
  )
  visit(path)
  expect(await screen.findByRole('row', { name: /Output/ })).toHaveTextContent('1,284')
  expect(screen.queryByText('Cost at the vendor')).toBeNull()
  expect(screen.queryByText(/on top/)).toBeNull()
  expect(screen.getByText('Charged').nextElementSibling).toHaveTextContent('$0.046 210 560')
})

test('a markup and a price of one’s own are told, and a correction what was booked before', async () => {
  const [paid] = receipt.attempts
  if (!paid) throw new Error('no attempt')
  const lines = paid.lines.slice(0, 1)
  server.use(
    answer('get', '/api/v1/receipts/:id', {
      ...receipt,
      attempts: [
        {
          ...paid,
          markup_bp: 2000,
          charge: '0.050411520',
          tier: 200_000,
          flags: ['usage_deviates', 'recomputed_differs'],
        },
        {
          ...paid,
          kind: 'correction',
          charged_by: 'own_price',
          charge_lines: lines,
          booked_before: { cost: '0.01', charge: '0.01' },
          rounding: { exact_nano: '1.5', rounded_nano: '2' },
        },
      ],
      total: { cost: '0.042009600', charge: '0.050411520' },
    }),
  )
  visit(path)
  expect(await screen.findByRole('row', { name: /Charged, with 20 % on top/ })).toHaveTextContent(
    '$0.050 411 520',
  )
  expect(screen.getByText(/usage_deviates \(the vendor’s count .*\), recomputed_differs/)).toBeVisible()
  expect(screen.getByRole('row', { name: /Booked before/ })).toHaveTextContent('$0.010 000 000')
  expect(screen.getByText('By the tenant’s own price')).toBeVisible()
  expect(screen.getByText(/Rates above 200000 input tokens\./)).toHaveTextContent('recomputed_differs')
  expect(screen.getByText(/1\.5 rounded to 2 nano-dollars\./)).toBeVisible()
})

test('what is not stored is said, and nothing pretends to be a cURL', async () => {
  const { user } = visit(path)
  await user.click(await screen.findByRole('tab', { name: 'Input and output' }))
  expect(await screen.findByText(/Bodies and headers are not stored/)).toBeVisible()
  expect(screen.queryByRole('button', { name: /cURL/ })).toBeNull()
})

test('the lane is told with its dialect, and nothing of losses where there are none', async () => {
  visit(path)
  expect(await screen.findByText('Lane')).toBeInTheDocument()
  expect(screen.getByText('Lane').nextElementSibling).toHaveTextContent(
    'Native: passed on as Anthropic Messages, 1 field changed',
  )
  expect(screen.queryByText('Not carried over')).toBeNull()
})

test('what never went on has a dialect, and no lane', async () => {
  server.use(answer('get', '/api/v1/requests/:id', { ...requestDetail, lane: 'none' }))
  visit(path)
  expect((await screen.findByText('Dialect')).nextElementSibling).toHaveTextContent('Anthropic Messages')
  expect(screen.queryByText('Lane')).toBeNull()
})

test('losses are told in words, in both languages', async () => {
  const degraded = ['temperature', 'logit_bias', 'other:top_a', 'of_tomorrow']
  server.use(
    answer('get', '/api/v1/requests/:id', {
      ...requestDetail,
      dialect: 'openai.chat',
      target_dialect: 'bedrock.converse',
      lane: 'translation',
      degraded,
    }),
  )
  visit(path)
  const losses = (await screen.findByText('Not carried over')).nextElementSibling as HTMLElement
  const told = () =>
    within(losses)
      .getAllByRole('listitem')
      .map(({ textContent }) => textContent)
  expect(told()).toEqual(['Temperature', 'Bias of tokens', 'Unknown field top_a', 'of_tomorrow'])
  expect(screen.getByText('Translated: OpenAI Chat → Bedrock Converse')).toBeInTheDocument()
  await act(() => showLanguage('zh-CN'))
  expect(told()).toEqual(['温度', 'token 偏置', '未知字段 top_a', 'of_tomorrow'])
})

test('fields that were lost are named', async () => {
  server.use(
    answer('get', '/api/v1/requests/:id', {
      ...requestDetail,
      lane: 'translation',
      degraded: ['logit_bias'],
    }),
  )
  visit(`${path}?tab=conversion`)
  expect(await screen.findByText('logit_bias')).toBeVisible()
})

test('a request that is nobody’s or not there yet is no failure', async () => {
  server.use(http.get('/api/v1/requests/:id', () => refuse({ status: 404, code: 'not_found' })))
  visit(path)
  expect(await screen.findByText('No such request')).toBeVisible()
})

test('a failure keeps the page, with what to quote and Retry', async () => {
  server.use(http.get('/api/v1/requests/:id', () => refuse({ status: 500, code: 'internal_error' })))
  visit(path)
  expect(await screen.findByText('The request could not be read.')).toBeVisible()
  expect(screen.getByRole('button', { name: 'Retry' })).toBeVisible()
})

test('it speaks Chinese', async () => {
  await showLanguage('zh-CN')
  server.use(http.get('/api/v1/receipts/:id', () => refuse({ status: 404, code: 'not_found' })))
  visit(path)
  expect(await screen.findByText('还没有收据：请求结束后才会写入。')).toBeVisible()
})
