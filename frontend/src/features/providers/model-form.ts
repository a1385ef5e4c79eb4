// A model as form values; its effects on a request as JSON, checked before it is sent.
import type { UpstreamModel, UpstreamModelCreate, UpstreamModelWrite } from './types'

export interface ModelValues {
  upstream_name: string
  public_name: string
  enabled: boolean
  operations: string[]
  context_window: number | null
  max_output_tokens: number | null
  params: string
  capabilities: string
}

export const OPERATIONS = [
  'chat',
  'embeddings',
  'count_tokens',
  'completions',
  'moderations',
  'rerank',
  'images',
  'image_edits',
  'speech',
  'transcriptions',
  'translations',
] as const

export const NEW_MODEL: ModelValues = {
  upstream_name: '',
  public_name: '',
  enabled: true,
  operations: ['chat'],
  context_window: null,
  max_output_tokens: null,
  params: '',
  capabilities: '',
}

function pretty(value: object): string {
  return Object.keys(value).length === 0 ? '' : JSON.stringify(value, null, 2)
}

export function modelValues(row: UpstreamModel): ModelValues {
  return {
    upstream_name: row.upstream_name,
    public_name: row.public_name,
    enabled: row.enabled,
    operations: row.operations,
    context_window: row.context_window,
    max_output_tokens: row.max_output_tokens,
    params: pretty(row.params),
    capabilities: pretty(row.capabilities),
  }
}

/** The object a text stands for; null when it is none. */
export function parseObject(text: string): Record<string, unknown> | null {
  if (text.trim() === '') return {}
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : null
  } catch {
    return null
  }
}

function wire(name: string, value: unknown): unknown {
  if (name === 'params' || name === 'capabilities')
    return parseObject(typeof value === 'string' ? value : '') ?? {}
  return typeof value === 'string' ? value.trim() : value
}

const same = (a: unknown, b: unknown) => JSON.stringify(a) === JSON.stringify(b)

export function modelChanges(
  before: ModelValues,
  after: Partial<ModelValues>,
): UpstreamModelWrite & Record<string, unknown> {
  const changes: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(after)) {
    const next = wire(name, value)
    if (!same(next, wire(name, before[name as keyof ModelValues]))) changes[name] = next
  }
  return changes
}

export function modelCreation(values: ModelValues): UpstreamModelCreate {
  const changes = modelChanges(NEW_MODEL, values)
  const upstream = values.upstream_name.trim()
  return { ...changes, upstream_name: upstream, public_name: values.public_name.trim() || upstream }
}

export function currentModel(row: UpstreamModel, changes: object): Record<string, unknown> {
  const values = modelValues(row)
  return Object.fromEntries(
    Object.keys(changes).map((name) => [name, wire(name, values[name as keyof ModelValues])]),
  )
}
