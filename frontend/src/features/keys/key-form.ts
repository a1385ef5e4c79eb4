// A key as form values, and the difference of two sets of values as the body of a PATCH.
import dayjs, { type Dayjs } from 'dayjs'
import type { ApiKey, ApiKeyCreate, ApiKeyWrite } from '../../api/types'

export interface KeyFormValues {
  name: string
  description: string
  kind: ApiKey['kind']
  environment: ApiKey['environment']
  owner: string | null
  team: string | null
  scopes: string[]
  allowed_models: string[]
  denied_models: string[]
  requests_per_minute: number | null
  tokens_per_minute: number | null
  max_concurrency: number | null
  quota: number | null
  monthly_budget: string | null
  max_cost_per_request: string | null
  expires_at: Dayjs | null
  allowed_ips: string[]
  denied_ips: string[]
  fidelity: ApiKey['fidelity']
  tags: string[]
}

export const NEW_KEY: KeyFormValues = {
  name: '',
  description: '',
  kind: 'client',
  environment: 'live',
  owner: null,
  team: null,
  scopes: [],
  allowed_models: [],
  denied_models: [],
  requests_per_minute: null,
  tokens_per_minute: null,
  max_concurrency: null,
  quota: null,
  monthly_budget: null,
  max_cost_per_request: null,
  expires_at: null,
  allowed_ips: [],
  denied_ips: [],
  fidelity: 'warn',
  tags: [],
}

type Scalar = string | number | null

/** `20.000000000` is shown as `20`; the server keeps nine places. */
function shownAmount(amount: string | null | undefined): string | null {
  if (!amount) return null
  return amount.includes('.') ? amount.replace(/\.?0+$/, '') : amount
}

export function toForm(key: ApiKey): KeyFormValues {
  return {
    ...NEW_KEY,
    name: key.name,
    description: key.description,
    kind: key.kind,
    environment: key.environment,
    owner: key.owner?.id ?? null,
    team: key.team?.id ?? null,
    scopes: key.scopes,
    allowed_models: key.allowed_models,
    denied_models: key.denied_models,
    requests_per_minute: key.requests_per_minute,
    tokens_per_minute: key.tokens_per_minute,
    max_concurrency: key.max_concurrency,
    quota: key.quota,
    monthly_budget: shownAmount(key.monthly_budget),
    max_cost_per_request: shownAmount(key.max_cost_per_request),
    expires_at: key.expires_at ? dayjs(key.expires_at) : null,
    allowed_ips: key.allowed_ips,
    denied_ips: key.denied_ips,
    fidelity: key.fidelity,
    tags: key.tags,
  }
}

/** A date without time: the server reads it as the end of that day in the reporting zone. */
function wire(value: KeyFormValues[keyof KeyFormValues] | undefined): Scalar | string[] {
  if (dayjs.isDayjs(value)) return value.format('YYYY-MM-DD')
  // A field that was never shown is undefined, an emptied one an empty string.
  if (value === undefined || value === '') return null
  return value
}

const same = (a: unknown, b: unknown) => JSON.stringify(a) === JSON.stringify(b)

/** Only what the person changed, so that a repeated write after a conflict keeps what others changed. */
export function changedFields(before: KeyFormValues, after: Partial<KeyFormValues>): ApiKeyWrite {
  const changes: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(after) as [
    keyof KeyFormValues,
    KeyFormValues[keyof KeyFormValues],
  ][]) {
    const next = wire(value)
    if (!same(next, wire(before[name]))) changes[name] = name === 'description' ? (next ?? '') : next
  }
  return changes
}

/** The body of a POST: whatever differs from the defaults, and always the name. */
export function creation(values: Partial<KeyFormValues>): ApiKeyCreate {
  const all = { ...NEW_KEY, ...values }
  const wanted = all.kind === 'client' ? { ...all, scopes: [] } : all
  return {
    ...changedFields(NEW_KEY, wanted),
    name: all.name.trim(),
    kind: all.kind,
    environment: all.environment,
  }
}

/** The fields of `changes` as the server has them now. */
export function currentFields(current: ApiKey, changes: ApiKeyWrite): Record<string, unknown> {
  const form = toForm(current)
  return Object.fromEntries(
    Object.keys(changes).map((name) => [name, wire(form[name as keyof KeyFormValues])]),
  )
}
