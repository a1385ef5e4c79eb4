// Whether a request that has ended is still what the list asks for. Who was told that it runs is told its end as well,
// and what it became can be another thing: another status, another back-end.
import { bare, isNegated, pairQuery, type Pair } from './filters'
import type { RequestRow } from './types'

const ERRORS: readonly string[] = ['client_error', 'upstream_error', 'interrupted']
const ID = /^[0-9a-f]{8}-?(?:[0-9a-f]{4}-?){3}[0-9a-f]{12}$/i

/** What an end can change, as the filters name it. Sums and times only grow, everything else stays. */
const FACTS: Readonly<Record<string, (row: RequestRow) => readonly string[]>> = {
  status: ({ status }) => (ERRORS.includes(status) ? [status, 'error'] : [status]),
  error_code: ({ error_code: code }) => [code],
  served_model: ({ served_model: model }) => [model],
  provider: ({ provider }) => [provider],
  target_dialect: ({ target_dialect: dialect }) => [dialect],
  lane: ({ lane }) => [lane],
  cache: ({ cache }) => [cache],
  fallback: ({ fallback }) => [String(fallback)],
  degraded: ({ degraded }) => degraded,
}

/** Certainly outside: of what a row does not tell, as the id of its back-end, nothing is concluded. */
export function isOutside(row: RequestRow, pairs: readonly Pair[]): boolean {
  return Object.entries(pairQuery(pairs)).some(([name, values]) => {
    const facts = FACTS[bare(name)]?.(row)
    if (facts === undefined) return false
    const isOne = values.some((value) => facts.includes(value))
    if (isNegated(name)) return isOne
    return !isOne && !(bare(name) === 'provider' && values.some((value) => ID.test(value)))
  })
}
