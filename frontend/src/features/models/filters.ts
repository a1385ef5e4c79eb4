import * as z from 'zod/mini'

export const MODELS_URL = {
  q: z.string().check(z.maxLength(200)),
  /** Its id: names may change. */
  provider: z.string().check(z.maxLength(40)),
  priced: z.enum(['yes', 'no']),
  /** The model whose prices are open. */
  open: z.string().check(z.maxLength(40)),
} as const
