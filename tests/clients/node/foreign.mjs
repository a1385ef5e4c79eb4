// The official SDKs on models of every dialect: what each call came to, as one line of JSON.
// node foreign.mjs '{"base": "http://127.0.0.1:8000", "key": "sy-…", "vendors": ["chat", …], …}'
import process from 'node:process'

import Anthropic from '@anthropic-ai/sdk'
import OpenAI from 'openai'

const { base, key, vendors, question, cities, picture, schema } = JSON.parse(process.argv[2])
const openai = new OpenAI({ baseURL: `${base}/v1`, apiKey: key, maxRetries: 0 })
const anthropic = new Anthropic({ baseURL: base, apiKey: key, maxRetries: 0 })
const parameters = { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] }
const names = ['get_weather', 'get_time']
const weather = (city) => `21 degrees in ${city}`

const chat = {
  tools: names.map((name) => ({ type: 'function', function: { name, parameters } })),
  ask: (model, said, rest) => {
    const messages = typeof said === 'string' ? [{ role: 'user', content: said }] : said
    return openai.chat.completions.create({ model, messages, ...rest })
  },
  text: (answer) => answer.choices[0].message.content,
  async streamed(model) {
    let text = ''
    for await (const chunk of await this.ask(model, question, { stream: true })) {
      text += chunk.choices[0]?.delta.content ?? ''
    }
    return text
  },
  after(answer) {
    const turn = answer.choices[0].message
    const results = turn.tool_calls.map((call) => ({
      role: 'tool',
      tool_call_id: call.id,
      content: weather(JSON.parse(call.function.arguments).city),
    }))
    return [{ role: 'user', content: cities }, turn, ...results]
  },
  called: (answer) => answer.choices[0].message.tool_calls.map((call) => call.function.name),
  picture: [
    {
      role: 'user',
      content: [{ type: 'image_url', image_url: { url: `data:image/png;base64,${picture}` } }],
    },
  ],
  form: { response_format: { type: 'json_schema', json_schema: { name: 'place', schema } } },
}

const responses = {
  tools: names.map((name) => ({ type: 'function', name, parameters, strict: false })),
  ask: (model, input, rest) => openai.responses.create({ model, input, store: false, ...rest }),
  text: (answer) => answer.output_text,
  async streamed(model) {
    let text = ''
    for await (const event of await this.ask(model, question, { stream: true })) {
      if (event.type === 'response.output_text.delta') text += event.delta
    }
    return text
  },
  calls: (answer) => answer.output.filter((item) => item.type === 'function_call'),
  after(answer) {
    const results = this.calls(answer).map((call) => ({
      type: 'function_call_output',
      call_id: call.call_id,
      output: weather(JSON.parse(call.arguments).city),
    }))
    return [{ role: 'user', content: cities }, ...answer.output, ...results]
  },
  called(answer) {
    return this.calls(answer).map((call) => call.name)
  },
  picture: [
    {
      role: 'user',
      content: [{ type: 'input_image', image_url: `data:image/png;base64,${picture}` }],
    },
  ],
  form: { text: { format: { type: 'json_schema', name: 'place', schema } } },
}

const messages = {
  tools: names.map((name) => ({ name, input_schema: parameters })),
  ask: (model, said, rest) => {
    const turns = typeof said === 'string' ? [{ role: 'user', content: said }] : said
    return anthropic.messages.create({ model, max_tokens: 500, messages: turns, ...rest })
  },
  text: (answer) => answer.content.map((block) => block.text ?? '').join(''),
  async streamed(model) {
    const turns = [{ role: 'user', content: question }]
    const stream = anthropic.messages.stream({ model, max_tokens: 500, messages: turns })
    return this.text(await stream.finalMessage())
  },
  calls: (answer) => answer.content.filter((block) => block.type === 'tool_use'),
  after(answer) {
    const results = this.calls(answer).map((call) => ({
      type: 'tool_result',
      tool_use_id: call.id,
      content: weather(call.input.city),
    }))
    return [
      { role: 'user', content: cities },
      { role: 'assistant', content: answer.content },
      { role: 'user', content: results },
    ]
  },
  called(answer) {
    return this.calls(answer).map((call) => call.name)
  },
  picture: [
    {
      role: 'user',
      content: [
        { type: 'image', source: { type: 'base64', media_type: 'image/png', data: picture } },
      ],
    },
  ],
  form: { output_config: { format: { type: 'json_schema', schema } } },
}

async function told(client, vendor) {
  const model = (name) => `${vendor}.${name};tps=0;ttft_ms=0`
  const first = await client.ask(model('mock-tools'), cities, { tools: client.tools })
  const second = await client.ask(model('mock-tools'), client.after(first), { tools: client.tools })
  const formed = await client.ask(model('mock-json'), question, client.form)
  const refused = await client.ask(`${vendor}.mock-echo;fail=400`, question).catch((error) => error)
  return {
    text: client.text(await client.ask(model('mock-echo'), question)),
    words: (await client.streamed(model('mock-lorem'))).split(/\s+/).length,
    called: client.called(first),
    told: client.text(second),
    picture: client.text(await client.ask(model('mock-vision'), client.picture)),
    formed: JSON.parse(client.text(formed)),
    refused: [refused.constructor.name, refused.status],
  }
}

const results = {}
for (const [name, client] of Object.entries({ chat, responses, messages })) {
  const found = await Promise.all(vendors.map((vendor) => told(client, vendor)))
  for (const [at, vendor] of vendors.entries()) results[`${name} on ${vendor}`] = found[at]
}
process.stdout.write(JSON.stringify(results))
