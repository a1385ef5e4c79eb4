// A credential as form values; the secret is only ever written, never read.
import dayjs, { type Dayjs } from 'dayjs'
import type { Credential, CredentialCreate, CredentialWrite } from './types'

export interface CredentialValues {
  name: string
  kind: Credential['kind']
  secret: string
  header: string
  weight: number | null
  priority: number | null
  rpm_limit: number | null
  tpm_limit: number | null
  concurrency_limit: number | null
  models: string[]
  cost_center: string
  expires_at: Dayjs | null
}

const WEIGHT = 1
const PRIORITY = 100

export function newCredential(kind: Credential['kind'], name: string): CredentialValues {
  return {
    name,
    kind,
    secret: '',
    header: '',
    weight: WEIGHT,
    priority: PRIORITY,
    rpm_limit: null,
    tpm_limit: null,
    concurrency_limit: null,
    models: [],
    cost_center: '',
    expires_at: null,
  }
}

export function credentialValues(row: Credential): CredentialValues {
  return {
    ...newCredential(row.kind, row.name),
    header: row.header,
    weight: row.weight,
    priority: row.priority,
    rpm_limit: row.rpm_limit,
    tpm_limit: row.tpm_limit,
    concurrency_limit: row.concurrency_limit,
    models: row.models,
    cost_center: row.cost_center,
    expires_at: row.expires_at ? dayjs(row.expires_at) : null,
  }
}

function wire(name: string, value: unknown): unknown {
  // A date without time: the server reads it as the end of that day in the reporting zone.
  if (dayjs.isDayjs(value)) return value.format('YYYY-MM-DD')
  if (value === null && name === 'weight') return WEIGHT
  if (value === null && name === 'priority') return PRIORITY
  return value
}

const same = (a: unknown, b: unknown) => JSON.stringify(a) === JSON.stringify(b)

/** Only what was touched; a secret left empty stays as it is, and has a dialog of its own anyway. */
export function credentialChanges(
  before: CredentialValues,
  after: Partial<CredentialValues>,
): CredentialWrite & Record<string, unknown> {
  const changes: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(after)) {
    if (name === 'secret' || name === 'kind') continue
    const next = wire(name, value)
    if (!same(next, wire(name, before[name as keyof CredentialValues]))) changes[name] = next
  }
  return changes
}

export function credentialCreation(values: CredentialValues): CredentialCreate {
  const start = newCredential(values.kind, '')
  return {
    ...credentialChanges({ ...start, header: '' }, values),
    name: values.name.trim(),
    kind: values.kind,
    ...(values.kind === 'none' ? {} : { secret: values.secret.trim() }),
  }
}

/** The fields of `changes` as the server has them now, for the conflict view. */
export function currentCredential(row: Credential, changes: object): Record<string, unknown> {
  const values = credentialValues(row)
  return Object.fromEntries(
    Object.keys(changes).map((name) => [name, wire(name, values[name as keyof CredentialValues])]),
  )
}
