// The filters and the order of the list, as its address says them (CO-4).
import * as z from 'zod/mini'
import { shownState, type ShownState } from './provider-state'
import type { Provider } from './types'

const STATES = ['healthy', 'degraded', 'down', 'unknown', 'draining', 'disabled'] as const
export const SORTS = ['name', 'kind', 'status', 'models', 'credentials'] as const
export type SortKey = (typeof SORTS)[number]
type Sort = SortKey | `-${SortKey}`

export const LIST_URL = {
  q: z.string().check(z.maxLength(200)),
  kind: z.string().check(z.regex(/^[a-z_]{1,40}$/)),
  status: z.enum(STATES),
  scope: z.enum(['own', 'platform']),
  sort: z.enum(SORTS.flatMap((key): Sort[] => [key, `-${key}`])),
} as const

export interface ListFilter {
  q?: string | undefined
  kind?: string | undefined
  status?: ShownState | undefined
  scope?: 'own' | 'platform' | undefined
}

/** The worst first: what needs somebody stands on top. */
const BADNESS: Record<ShownState, number> = {
  down: 0,
  degraded: 1,
  unknown: 2,
  draining: 3,
  disabled: 4,
  healthy: 5,
}

function measure(row: Provider, key: SortKey): string | number {
  switch (key) {
    case 'name':
      return row.name
    case 'kind':
      return row.kind
    case 'status':
      return BADNESS[shownState(row)]
    case 'models':
      return row.models_enabled
    case 'credentials':
      return row.credentials.healthy
  }
}

export function parseSort(sort: string | undefined): { key: SortKey; isDescending: boolean } {
  const isDescending = sort?.startsWith('-') ?? false
  const name = isDescending ? sort?.slice(1) : sort
  return { key: SORTS.find((key) => key === name) ?? 'name', isDescending }
}

export function sorted(rows: readonly Provider[], sort: string | undefined, language: string): Provider[] {
  const { key, isDescending } = parseSort(sort)
  const collator = new Intl.Collator(language, { numeric: true, sensitivity: 'base' })
  const compare = (a: Provider, b: Provider) => {
    const [left, right] = [measure(a, key), measure(b, key)]
    const order =
      typeof left === 'number' && typeof right === 'number'
        ? left - right
        : collator.compare(String(left), String(right))
    return (isDescending ? -order : order) || collator.compare(a.name, b.name)
  }
  return [...rows].sort(compare)
}

export function matching(rows: readonly Provider[], filter: ListFilter): Provider[] {
  const wanted = filter.q?.trim().toLowerCase()
  return rows.filter(
    (row) =>
      (!wanted ||
        [row.name, row.slug, row.host, row.region].some((text) => text.toLowerCase().includes(wanted))) &&
      (!filter.kind || row.kind === filter.kind) &&
      (!filter.status || shownState(row) === filter.status) &&
      (!filter.scope || row.platform === (filter.scope === 'platform')),
  )
}
