// Which back-end somebody means: by choosing, by searching, or by the prefix of the key they pasted.
import { queryOptions } from '@tanstack/react-query'
import { api, body } from './client'
import type { Kind, Preset } from './types'

/** What stands in the gallery: a preset of the product, or a bare kind whose address one types. */
export interface Choice {
  id: string
  label: string
  kind: string
  base_url: string
  key_prefix: string
  docs_url: string
  /** Absent for bare kinds: nothing is claimed about a vendor. */
  source?: Preset['source']
  local: boolean
}

const BARE_KINDS = ['openai_compatible', 'anthropic_compatible', 'mock']
/** What most people look for stands first; the others follow in the order of the list. */
const KNOWN_FIRST = [
  'openai',
  'anthropic',
  'gemini',
  'bedrock',
  'deepseek',
  'qwen',
  'zhipu',
  'moonshot',
  'openrouter',
  'mistral',
  'groq',
  'xai',
  'ollama',
  'vllm',
]

export function choices(kinds: readonly Kind[], presets: readonly Preset[]): Choice[] {
  const known = new Set(kinds.map(({ kind }) => kind))
  const rank = (id: string) => {
    const place = KNOWN_FIRST.indexOf(id)
    return place < 0 ? KNOWN_FIRST.length : place
  }
  const offered = presets
    .filter(({ kind, id }) => known.has(kind) && !BARE_KINDS.includes(id))
    .sort((a, b) => rank(a.id) - rank(b.id))
  const bare = kinds
    .filter(({ kind }) => BARE_KINDS.includes(kind))
    .map(({ kind, label, default_base_url }) => ({
      id: kind,
      label,
      kind,
      base_url: default_base_url,
      key_prefix: '',
      docs_url: '',
      local: false,
    }))
  return [...offered, ...bare]
}

export function host(url: string): string {
  try {
    return new URL(url).host
  } catch {
    return url
  }
}

export function found(all: readonly Choice[], search: string): Choice[] {
  const wanted = search.trim().toLowerCase()
  if (!wanted) return [...all]
  return all.filter(({ id, label, base_url }) =>
    [id, label, base_url].some((text) => text.toLowerCase().includes(wanted)),
  )
}

/** The back-ends whose keys start like this one; the longest prefix wins, several may share it. */
export function guess(all: readonly Choice[], key: string): Choice[] {
  const text = key.trim()
  const fitting = all.filter(({ key_prefix: prefix }) => prefix !== '' && text.startsWith(prefix))
  const longest = Math.max(0, ...fitting.map(({ key_prefix: prefix }) => prefix.length))
  return fitting.filter(({ key_prefix: prefix }) => prefix.length === longest)
}

/** A slug from a name; `provider` where the name has no letter of the alphabet. */
export function slugOf(name: string): string {
  const slug = name
    .toLowerCase()
    .normalize('NFKD')
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^[^a-z]+|-+$/g, '')
    .slice(0, 63)
  return slug || 'provider'
}

export const kindsQuery = queryOptions({
  queryKey: ['providers', 'kinds'],
  queryFn: () => body(api.GET('/api/v1/providers/kinds')),
  staleTime: Number.POSITIVE_INFINITY,
})

export const presetsQuery = queryOptions({
  queryKey: ['providers', 'presets'],
  queryFn: () => body(api.GET('/api/v1/providers/presets')),
  staleTime: Number.POSITIVE_INFINITY,
})
