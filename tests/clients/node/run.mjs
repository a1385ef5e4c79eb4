// Every call of the official SDKs, with only base URL and key changed; prints what they made of it.
// node run.mjs '{"base": "http://127.0.0.1:8000", "key": "sy-…", "openai": "oai.", "anthropic": "ant."}'
// `openai` and `anthropic` come before the models' names: "" where a vendor is called directly.
import process from 'node:process'

import Anthropic from '@anthropic-ai/sdk'
import OpenAI from 'openai'

const told = JSON.parse(process.argv[2])
const openai = new OpenAI({ baseURL: `${told.base}/v1`, apiKey: told.key, maxRetries: 0 })
const anthropic = new Anthropic({ baseURL: told.base, apiKey: told.key, maxRetries: 0 })
const strangers = {
  openai: new OpenAI({ baseURL: `${told.base}/v1`, apiKey: told.stranger ?? 'nobody', maxRetries: 0 }),
  anthropic: new Anthropic({ baseURL: told.base, apiKey: told.stranger ?? 'nobody', maxRetries: 0 }),
}
const messages = [{ role: 'user', content: 'Count to five.' }]
const schema = {
  type: 'object',
  properties: { city: { type: 'string' } },
  required: ['city'],
}

async function all(events) {
  const found = []
  for await (const event of events) found.push(event)
  return found
}

function chat(client, model, rest = {}) {
  return client.chat.completions.create({ model: `${told.openai}${model}`, messages, ...rest })
}

function message(client, model, rest = {}) {
  const name = `${told.anthropic}${model}`
  return client.messages.create({ model: name, messages, max_tokens: 64, ...rest })
}

async function openaiTools() {
  const asked = {
    model: 'mock-tools',
    tools: [{ type: 'function', function: { name: 'get_weather', parameters: schema } }],
  }
  const talk = [{ role: 'user', content: 'What is the weather in Oslo and Rome?' }]
  const first = await openai.chat.completions.create({ ...asked, messages: talk })
  const turn = first.choices[0].message
  const answers = turn.tool_calls.map((call) => ({
    role: 'tool',
    tool_call_id: call.id,
    content: `21 degrees in ${JSON.parse(call.function.arguments).city}`,
  }))
  const second = await openai.chat.completions.create({
    ...asked,
    messages: [...talk, turn, ...answers],
  })
  return [first.choices[0].finish_reason, second.choices[0]]
}

async function anthropicTools() {
  const asked = {
    model: 'mock-tools',
    max_tokens: 200,
    tools: [{ name: 'get_weather', input_schema: schema }],
  }
  const talk = [{ role: 'user', content: 'What is the weather in Oslo and Rome?' }]
  const first = await anthropic.messages.create({ ...asked, messages: talk })
  const results = first.content
    .filter((block) => block.type === 'tool_use')
    .map((block) => ({
      type: 'tool_result',
      tool_use_id: block.id,
      content: `21 degrees in ${block.input.city}`,
    }))
  const second = await anthropic.messages.create({
    ...asked,
    messages: [
      ...talk,
      { role: 'assistant', content: first.content },
      { role: 'user', content: results },
    ],
  })
  return [first.stop_reason, second]
}

const calls = {
  openai_chat: () => chat(openai, 'decent'),
  openai_stream: async () => all(await chat(openai, 'decent', { stream: true })),
  openai_stream_usage: async () =>
    all(await chat(openai, 'decent', { stream: true, stream_options: { include_usage: true } })),
  openai_embeddings: () =>
    openai.embeddings.create({ model: `${told.openai}decent`, input: ['one', 'two'] }),
  openai_embeddings_float: () =>
    openai.embeddings.create({
      model: `${told.openai}decent`,
      input: 'one',
      encoding_format: 'float',
    }),
  openai_400: () => chat(openai, 'evil-status-400'),
  anthropic_message: () => message(anthropic, 'decent'),
  anthropic_stream: async () => all(await message(anthropic, 'decent', { stream: true })),
  anthropic_collected: () =>
    anthropic.messages
      .stream({ model: `${told.anthropic}decent`, messages, max_tokens: 64 })
      .finalMessage(),
  anthropic_count: () =>
    anthropic.messages.countTokens({ model: `${told.anthropic}decent`, messages }),
  anthropic_400: () => message(anthropic, 'evil-status-400'),
}
// What only a gateway can be asked.
const own = {
  openai_stranger: () => chat(strangers.openai, 'decent'),
  openai_unknown_model: () => chat(openai, '', { model: 'nothing-like-it' }),
  openai_bad_body: () => chat(openai, 'decent', { messages: 'hello' }),
  openai_models: async () => (await all(openai.models.list())).map((model) => model.id),
  openai_tools: openaiTools,
  anthropic_stranger: () => message(strangers.anthropic, 'decent'),
  anthropic_unknown_model: () => message(anthropic, '', { model: 'nothing-like-it' }),
  anthropic_bad_body: () => message(anthropic, 'decent', { messages: 'hello' }),
  anthropic_models: async () => (await all(anthropic.models.list())).map((model) => model.id),
  anthropic_tools: anthropicTools,
}

const results = {}
for (const [name, call] of Object.entries(told.stranger ? { ...calls, ...own } : calls)) {
  try {
    results[name] = { result: await call() }
  } catch (error) {
    results[name] = {
      raised: error.constructor.name,
      status: error.status ?? null,
      error: error.error ?? null,
      message: error.message,
    }
  }
}
process.stdout.write(JSON.stringify(results))
