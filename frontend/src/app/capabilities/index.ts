// One constant per capability. Navigation item, route loader, button and query are gated by the same constant;
// the server decides, this table mirrors it.
const KEY_CREATE_ANY = 'key.create_any'
const KEY_CREATE_TEAM = 'key.create_team'
const KEY_CREATE_OWN = 'key.create_own'
const MEMBER_WRITE = 'member.write'
export const AUDIT_READ_ALL = 'audit.read_all'
const AUDIT_READ_OWN = 'audit.read_own'
export const AUDIT_READ_BILLING = 'audit.read_billing'
const TENANT_SETTINGS = 'tenant.settings'
const PROVIDER_READ = 'provider.read'
const PROVIDER_READ_NAMES = 'provider.read_names'
const PROVIDER_WRITE = 'provider.write'
const COST_READ_ALL = 'cost.read_all'
const COST_READ_TEAM = 'cost.read_team'
const COST_READ_OWN = 'cost.read_own'

/** A page or button names every capability that opens it; one of them is enough. */
export type Gate = readonly string[]

export const KEYS_ANY: Gate = [KEY_CREATE_ANY, KEY_CREATE_TEAM]
export const KEYS_OWN: Gate = [KEY_CREATE_OWN, KEY_CREATE_ANY, KEY_CREATE_TEAM]
export const MEMBERS: Gate = [MEMBER_WRITE]
export const AUDIT: Gate = [AUDIT_READ_ALL, AUDIT_READ_OWN, AUDIT_READ_BILLING]
export const SETTINGS: Gate = [TENANT_SETTINGS]
export const PROVIDERS_ANY: Gate = [PROVIDER_READ, PROVIDER_READ_NAMES]
export const PROVIDERS_READ: Gate = [PROVIDER_READ]
export const PROVIDERS_WRITE: Gate = [PROVIDER_WRITE]
export const REQUESTS: Gate = ['requests.read_all', 'requests.read_team', 'requests.read_own']
export const COST: Gate = [COST_READ_ALL, COST_READ_TEAM]
/** Whoever makes keys of their own sees what they cost. */
export const COST_OWN: Gate = [COST_READ_OWN, KEY_CREATE_OWN]
export const PLATFORM_PRICES: Gate = ['platform.prices']
export const PLATFORM_SYSTEM: Gate = ['platform.system']

export function isAllowed(capabilities: readonly string[], gate: Gate): boolean {
  return gate.some((capability) => capabilities.includes(capability))
}
