import * as z from 'zod/mini'
import type { Role } from '../../api/types'

export const ROLES: Record<Role, { text: string; hint: string }> = {
  owner: { text: 'members:role.owner', hint: 'members:role.owner_hint' },
  admin: { text: 'members:role.admin', hint: 'members:role.admin_hint' },
  developer: { text: 'members:role.developer', hint: 'members:role.developer_hint' },
  billing_viewer: { text: 'members:role.billing_viewer', hint: 'members:role.billing_viewer_hint' },
}

const ORDER: readonly Role[] = ['owner', 'admin', 'developer', 'billing_viewer']

/** The owner role is given by owners (and superadmins) only. */
export function assignableRoles(mine: { role: Role | null; isSuperadmin: boolean }): readonly Role[] {
  return mine.role === 'owner' || mine.isSuperadmin ? ORDER : ORDER.filter((role) => role !== 'owner')
}

export const MEMBER_URL = {
  tab: z.enum(['people', 'invites', 'teams']),
  q: z.string().check(z.maxLength(200)),
} as const
