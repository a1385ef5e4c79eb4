import * as z from 'zod/mini'

const short = z.string().check(z.maxLength(254))

/** `24h` stays relative; absolute ends are UTC. */
export const RANGES = { '24h': 1, '7d': 7, '30d': 30 } as const
export type Range = keyof typeof RANGES

export const AUDIT_URL = {
  q: short,
  action: short,
  actor: short,
  object_type: z.string().check(z.maxLength(40)),
  object_id: z.string().check(z.maxLength(64)),
  range: z.enum(['24h', '7d', '30d']),
} as const

const DAY_MS = 86_400_000
const HOUR_MS = 3_600_000

/** The first moment of a relative range, cut to the hour so that the same page asks the same question. */
export function rangeStart(range: string | undefined, now: number): string | undefined {
  if (range === undefined || !(range in RANGES)) return undefined
  const start = now - RANGES[range as Range] * DAY_MS
  return new Date(Math.floor(start / HOUR_MS) * HOUR_MS).toISOString()
}

/** Kinds of objects the audit log of today can hold. */
export const OBJECT_TYPES: Record<string, string> = {
  key: 'audit:object.key',
  provider: 'audit:object.provider',
  credential: 'audit:object.credential',
  model: 'audit:object.model',
  member: 'audit:object.member',
  invite: 'audit:object.invite',
  team: 'audit:object.team',
  tenant: 'audit:object.tenant',
  user: 'audit:object.user',
  session: 'audit:object.session',
  audit: 'audit:object.audit',
}
