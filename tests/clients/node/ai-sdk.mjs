// Every provider of the AI SDK on models of every dialect: what each call came to, as one line of JSON.
import { createAnthropic } from '@ai-sdk/anthropic'
import { createGoogleGenerativeAI } from '@ai-sdk/google'
import { createOpenAI } from '@ai-sdk/openai'
import { generateText, jsonSchema, stepCountIs, streamText, tool } from 'ai'

globalThis.AI_SDK_LOG_WARNINGS = false
const { base, key, vendors, question } = JSON.parse(process.argv[2])

const openai = createOpenAI({ baseURL: `${base}/v1`, apiKey: key })
const providers = {
  responses: openai,
  chat: openai.chat,
  messages: createAnthropic({ baseURL: `${base}/v1`, apiKey: key }),
  gemini: createGoogleGenerativeAI({ baseURL: `${base}/v1beta`, apiKey: key }),
}
const weather = tool({
  description: 'The temperature in a city.',
  inputSchema: jsonSchema({
    type: 'object',
    properties: { city: { type: 'string' } },
    required: ['city'],
  }),
  execute: async ({ city }) => `21 degrees in ${city}`,
})

async function asked(model) {
  const { text } = await generateText({ model: model('mock-echo'), prompt: question })
  const stream = streamText({ model: model('mock-lorem'), prompt: question })
  let streamed = ''
  for await (const piece of stream.textStream) streamed += piece
  const called = await generateText({
    model: model('mock-tools'),
    prompt: question,
    tools: { weather },
    stopWhen: stepCountIs(3),
  })
  return {
    text,
    words: streamed.split(/\s+/).length,
    used: (await stream.usage).outputTokens,
    steps: called.steps.length,
    told: called.text,
  }
}

const results = {}
for (const [name, provider] of Object.entries(providers)) {
  for (const vendor of vendors) {
    results[`${name} on ${vendor}`] = await asked((model) => provider(`${vendor}.${model}`))
  }
}
console.log(JSON.stringify(results))
