import * as z from 'zod/mini'

const KEY_ID = /^key_[0-9a-z]{12}$/

/** What the address of the page holds: filters, and the key that is open. */
export const KEY_URL = {
  q: z.string().check(z.maxLength(200)),
  status: z.enum(['active', 'disabled', 'revoked', 'expired']),
  key: z.string().check(z.regex(KEY_ID)),
  edit: z.string().check(z.regex(KEY_ID)),
  create: z.literal('1'),
} as const
