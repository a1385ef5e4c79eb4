// What was asked for, and how it was spoken of.
import type { TFunction } from 'i18next'
import { dialectText } from '../../i18n/dialects'
import type { RequestRow } from './types'

const WORDS: Readonly<Record<string, string>> = {
  chat: 'requests:operation.chat',
  embeddings: 'requests:operation.embeddings',
  count_tokens: 'requests:operation.count_tokens',
  completions: 'requests:operation.completions',
  moderations: 'requests:operation.moderations',
  rerank: 'requests:operation.rerank',
  images: 'requests:operation.images',
  image_edits: 'requests:operation.image_edits',
  speech: 'requests:operation.speech',
  transcriptions: 'requests:operation.transcriptions',
  translations: 'requests:operation.translations',
  compact: 'requests:operation.compact',
  retrieve_response: 'requests:operation.retrieve_response',
  delete_response: 'requests:operation.delete_response',
  list_input_items: 'requests:operation.list_input_items',
  cancel_response: 'requests:operation.cancel_response',
}

/** They have no dialect of their own: what is recorded is the one in which their errors are told. */
const PASSED_ON = new Set([
  'completions',
  'moderations',
  'rerank',
  'images',
  'image_edits',
  'speech',
  'transcriptions',
  'translations',
])

/** A code without words is better than nothing. */
export function operationText(code: string, t: TFunction): string {
  const known = WORDS[code]
  return known ? t(known) : code
}

/** The name of a dialect is the same in every language. */
export function spokenText({ operation }: Pick<RequestRow, 'operation'>, dialect: string): string {
  return PASSED_ON.has(operation) && dialect === 'openai.chat' ? 'OpenAI API' : dialectText(dialect)
}
