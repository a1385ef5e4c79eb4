// Names of dialects, which are the same in every language.

const NAMES: Readonly<Record<string, string>> = {
  'openai.chat': 'OpenAI Chat',
  'openai.responses': 'OpenAI Responses',
  'openai.embeddings': 'OpenAI Embeddings',
  'anthropic.messages': 'Anthropic Messages',
  'gemini.generate': 'Gemini',
  'bedrock.converse': 'Bedrock Converse',
}

export const DIALECTS = Object.keys(NAMES)

/** A code without a name is better than nothing. */
export const dialectText = (dialect: string) => NAMES[dialect] ?? dialect
