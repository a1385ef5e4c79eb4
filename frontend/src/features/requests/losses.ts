// What a translation could not carry over, in words.
import type { TFunction } from 'i18next'

const WORDS: Readonly<Record<string, string>> = {
  temperature: 'requests:loss.temperature',
  top_p: 'requests:loss.top_p',
  top_k: 'requests:loss.top_k',
  seed: 'requests:loss.seed',
  penalties: 'requests:loss.penalties',
  stop: 'requests:loss.stop',
  n: 'requests:loss.n',
  logprobs: 'requests:loss.logprobs',
  logit_bias: 'requests:loss.logit_bias',
  max_tokens: 'requests:loss.max_tokens',
  output: 'requests:loss.output',
  tool_choice: 'requests:loss.tool_choice',
  parallel: 'requests:loss.parallel',
  provider_tool: 'requests:loss.provider_tool',
  tool_arguments: 'requests:loss.tool_arguments',
  schema: 'requests:loss.schema',
  cache: 'requests:loss.cache',
  cache_key: 'requests:loss.cache_key',
  citations: 'requests:loss.citations',
  reasoning: 'requests:loss.reasoning',
  seal: 'requests:loss.seal',
  effort: 'requests:loss.effort',
  verbosity: 'requests:loss.verbosity',
  service_tier: 'requests:loss.service_tier',
  metadata: 'requests:loss.metadata',
  store: 'requests:loss.store',
  image: 'requests:loss.image',
  audio: 'requests:loss.audio',
  video: 'requests:loss.video',
  document: 'requests:loss.document',
  file: 'requests:loss.file',
  name: 'requests:loss.name',
  opaque: 'requests:loss.opaque',
  system: 'requests:loss.system',
}

/** Begins the code of a field that the gateway has no word for. */
const UNKNOWN = 'other:'

/** A code without words is better than nothing. */
export function lossText(code: string, t: TFunction): string {
  if (code.startsWith(UNKNOWN)) return t('requests:loss.other', { name: code.slice(UNKNOWN.length) })
  const known = WORDS[code]
  return known ? t(known) : code
}
