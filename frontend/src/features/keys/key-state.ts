import type { ApiKey } from '../../api/types'
import type { Status } from '../../ui/tokens'

type KeyStatus = ApiKey['status']

export const KEY_STATUS: Record<KeyStatus, { status: Status; text: string }> = {
  active: { status: 'ok', text: 'keys:status.active' },
  disabled: { status: 'off', text: 'keys:status.disabled' },
  revoked: { status: 'blocked', text: 'keys:status.revoked' },
  expired: { status: 'degraded', text: 'keys:status.expired' },
}

const UNUSED_DAYS = 90
const DAY_MS = 86_400_000

/** Still usable, and nobody used it for 90 days. */
export function isUnused(key: Pick<ApiKey, 'status' | 'last_used_at' | 'created_at'>, now: number): boolean {
  if (key.status !== 'active') return false
  const last = new Date(key.last_used_at ?? key.created_at).getTime()
  return now - last > UNUSED_DAYS * DAY_MS
}

/** `sy-live-abcdefghijkl-…9f2c`: all that is ever shown of a key after its sheet (CO-40). */
export function mask(key: Pick<ApiKey, 'prefix' | 'suffix'>): string {
  return `${key.prefix}-…${key.suffix}`
}

/** Every installation answers to it. */
const ANY_MODEL = 'mock-echo'

/** A model this key may ask for: the first it is limited to, when that is a name and no pattern. */
export function callable(allowed: readonly string[]): string {
  return allowed.find((name) => !/[*?[]/.test(name)) ?? ANY_MODEL
}
