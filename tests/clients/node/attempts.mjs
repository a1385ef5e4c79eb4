// The official SDKs with as much patience as they come with; all calls at once. Each comes to what
// was said, or to the status of what was raised.
// node attempts.mjs '{"base": "http://127.0.0.1:8000", "key": "sy-…", "headers": {}, "calls": [["chat", "a.b"]]}'
import process from 'node:process'

import Anthropic from '@anthropic-ai/sdk'
import OpenAI from 'openai'

const { base, key, headers, calls } = JSON.parse(process.argv[2])
const told = { apiKey: key, defaultHeaders: headers }
const openai = new OpenAI({ baseURL: `${base}/v1`, ...told })
const anthropic = new Anthropic({ baseURL: base, ...told })
const turns = [{ role: 'user', content: 'Count to five.' }]

const clients = {
  'openai.chat': async (model) => {
    const answer = await openai.chat.completions.create({ model, messages: turns })
    return answer.choices[0].message.content
  },
  'openai.responses': async (model) => {
    const answer = await openai.responses.create({ model, input: turns })
    return answer.output_text
  },
  'anthropic.messages': async (model) => {
    const answer = await anthropic.messages.create({ model, max_tokens: 64, messages: turns })
    return answer.content[0].text
  },
}

const results = await Promise.all(
  calls.map(([client, model]) => clients[client](model).catch((error) => error.status)),
)
process.stdout.write(JSON.stringify(results))
