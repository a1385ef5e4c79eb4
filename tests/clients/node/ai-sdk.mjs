// Every provider of the AI SDK on models of every dialect: what each call came to, as one line of JSON.
import { createAnthropic } from '@ai-sdk/anthropic'
import { createGoogleGenerativeAI } from '@ai-sdk/google'
import { createOpenAI } from '@ai-sdk/openai'
import { generateText, jsonSchema, Output, stepCountIs, streamText, tool } from 'ai'

globalThis.AI_SDK_LOG_WARNINGS = false
const { base, key, vendors, question, picture } = JSON.parse(process.argv[2])

const openai = createOpenAI({ baseURL: `${base}/v1`, apiKey: key })
const providers = {
  responses: openai,
  chat: openai.chat,
  messages: createAnthropic({ baseURL: `${base}/v1`, apiKey: key }),
  gemini: createGoogleGenerativeAI({ baseURL: `${base}/v1beta`, apiKey: key }),
}
const place = jsonSchema({
  type: 'object',
  properties: { city: { type: 'string' } },
  required: ['city'],
  additionalProperties: false,
})
const weather = tool({
  description: 'The temperature in a city.',
  inputSchema: place,
  execute: async ({ city }) => `21 degrees in ${city}`,
})

async function asked(model, name) {
  const { text } = await generateText({ model: model('mock-echo'), prompt: question })
  const stream = streamText({ model: model('mock-lorem;tps=0'), prompt: question })
  let streamed = ''
  for await (const piece of stream.textStream) streamed += piece
  const called = await generateText({
    model: model('mock-tools'),
    prompt: question,
    tools: { weather },
    stopWhen: stepCountIs(3),
  })
  const formed = await generateText({
    model: model('mock-json'),
    prompt: question,
    // Of Claudes that it does not know the SDK asks for objects by a tool, once.
    ...(name === 'messages' ? {} : { output: Output.object({ schema: place }) }),
  })
  const shown = await generateText({
    model: model('mock-vision'),
    messages: [
      { role: 'user', content: [{ type: 'image', image: picture, mediaType: 'image/png' }] },
    ],
  })
  const refused = await generateText({
    model: model('mock-echo;fail=400'),
    prompt: question,
    maxRetries: 0,
  }).catch((error) => error)
  return {
    text,
    words: streamed.split(/\s+/).length,
    used: (await stream.usage).outputTokens,
    steps: called.steps.length,
    told: called.text,
    formed: name === 'messages' ? null : formed.output,
    shown: shown.text,
    refused: [refused.name, refused.statusCode],
  }
}

const results = {}
for (const [name, provider] of Object.entries(providers)) {
  for (const vendor of vendors) {
    results[`${name} on ${vendor}`] = await asked((model) => provider(`${vendor}.${model}`), name)
  }
}
console.log(JSON.stringify(results))
