// The settings of a back-end as form values; no secret is among them (CO-17).
import { headerList, headerRecord, type HeaderValue } from './connection'
import type { Provider, ProviderWrite } from './types'

const PLAIN = [
  'name',
  'base_url',
  'region',
  'data_region',
  'project',
  'resource',
  'api_version',
  'priority',
  'proxy_url',
  'cost_multiplier',
  'allow_unlisted_models',
] as const

/** Empty means: whatever holds above it, in the parent or the installation. */
const INHERITABLE = [
  'connect_ms',
  'ttft_ms',
  'reasoning_ttft_ms',
  'idle_ms',
  'total_ms',
  'disconnect_policy',
] as const
const OPTIONAL = ['pool_strategy', 'max_failures', 'retry_after_s', 'failure_window_s'] as const

type Plain = Pick<Provider, (typeof PLAIN)[number]>
type Emptiable = { [K in (typeof INHERITABLE)[number] | (typeof OPTIONAL)[number]]: Provider[K] | null }

export interface SettingsValues extends Plain, Emptiable {
  headers: HeaderValue[]
  discovery_mode: Provider['discovery']['mode']
  discovery_interval_h: number
}

export function settingsValues(row: Provider): SettingsValues {
  const inherited = new Set(row.inherited)
  const own = INHERITABLE.map((name) => [name, inherited.has(name) ? null : row[name]] as const)
  return {
    ...(Object.fromEntries(PLAIN.map((name) => [name, row[name]])) as unknown as Plain),
    ...(Object.fromEntries(OPTIONAL.map((name) => [name, row[name]])) as unknown as Emptiable),
    ...(Object.fromEntries(own) as Emptiable),
    headers: headerList(row.headers),
    discovery_mode: row.discovery.mode,
    discovery_interval_h: row.discovery.interval_h,
  }
}

function wire(name: string, value: unknown): unknown {
  if (name === 'headers') return headerRecord(value as HeaderValue[])
  if (typeof value === 'string') return value.trim()
  return value ?? null
}

const same = (a: unknown, b: unknown) => JSON.stringify(a) === JSON.stringify(b)

/** Only what was touched, so that a repeated write after a conflict keeps what others changed. */
export function settingsChanges(
  before: SettingsValues,
  after: Partial<SettingsValues>,
): ProviderWrite & Record<string, unknown> {
  const changes: Record<string, unknown> = {}
  const discovery: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(after)) {
    const next = wire(name, value)
    if (same(next, wire(name, before[name as keyof SettingsValues]))) continue
    if (name === 'discovery_mode') discovery['mode'] = next
    else if (name === 'discovery_interval_h') discovery['interval_h'] = next
    else changes[name] = next
  }
  return Object.keys(discovery).length > 0 ? { ...changes, discovery } : changes
}

/** The fields of `changes` in a row, for the conflict view. */
export function currentSettings(row: Provider, changes: object): Record<string, unknown> {
  const values: Record<string, unknown> = { ...settingsValues(row), discovery: row.discovery }
  return Object.fromEntries(Object.keys(changes).map((name) => [name, wire(name, values[name])]))
}
