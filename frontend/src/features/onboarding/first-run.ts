// The first request of an installation: which model it asks, and what of its answer is text.
import type { Choice } from '../../api/vendors'

/** Answers without key, network or cost; there from the start. */
export const MOCK_MODEL = 'mock-echo'

/** What vendors list beside the models one can talk to. */
const NO_CHAT = /embed|whisper|tts|audio|realtime|image|dall-e|moderation|rerank|sora|transcribe|veo|imagen/i

export function chatModel(names: readonly string[]): string | null {
  return names.find((name) => !NO_CHAT.test(name)) ?? null
}

interface Chunk {
  choices?: { delta?: { content?: string | null } }[]
}

function deltaOf(line: string): string {
  const data = line.startsWith('data:') ? line.slice('data:'.length).trim() : ''
  if (!data.startsWith('{')) return ''
  const chunk = JSON.parse(data) as Chunk
  return chunk.choices?.map((choice) => choice.delta?.content ?? '').join('') ?? ''
}

/** Turns the pieces of an event stream into the text they carry; a line may arrive in several pieces. */
export function textReader(): (piece: string) => string {
  let rest = ''
  return (piece) => {
    const lines = (rest + piece).split(/\r?\n/)
    rest = lines.pop() ?? ''
    return lines.map(deltaOf).join('')
  }
}

/** The one vendor a key belongs to by its prefix, or nobody. */
export function onlyOne(guessed: readonly Choice[]): Choice | null {
  return guessed.length === 1 ? (guessed[0] ?? null) : null
}
