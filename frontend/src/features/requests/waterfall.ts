// The steps of a request as bars to scale.
import type { RequestDetail, Span } from './types'

export type Side = 'gateway' | 'upstream' | 'failed' | 'wait'

export interface Step {
  name: string
  attempt: number | null
  note: string
  start: number
  end: number
  side: Side
}

const WAIT = 'backoff'

function sideOf(span: Span, failed: ReadonlySet<number>): Side {
  if (span.name === WAIT) return 'wait'
  if (span.side === 'upstream' && span.attempt !== null && failed.has(span.attempt)) return 'failed'
  return span.side
}

export function steps(detail: Pick<RequestDetail, 'spans' | 'attempts'>): Step[] {
  const failed = new Set(
    detail.attempts.filter(({ status }) => status !== 'ok').map(({ attempt }) => attempt),
  )
  const notes = new Map(
    detail.attempts.map(({ attempt, credential_suffix, http_status }) => [
      attempt,
      [credential_suffix && `…${credential_suffix}`, http_status].filter(Boolean).join(' · '),
    ]),
  )
  return detail.spans.map((span) => ({
    name: span.name,
    attempt: span.attempt,
    note: span.name === 'attempt' && span.attempt !== null ? (notes.get(span.attempt) ?? '') : '',
    start: span.start_ms,
    end: Math.max(span.start_ms, span.end_ms),
    side: sideOf(span, failed),
  }))
}

/** The length of the picture: everything that was measured fits. */
export function wholeMs(steps: readonly Step[], latencyMs: number | null): number {
  return Math.max(1, latencyMs ?? 0, ...steps.map(({ end }) => end))
}

/** Time each side took; what overlaps counts once. */
export function sums(steps: readonly Step[]): Record<Side, number> {
  const took: Record<Side, number> = { gateway: 0, upstream: 0, failed: 0, wait: 0 }
  for (const side of Object.keys(took) as Side[]) {
    let reached = 0
    const own = steps.filter((step) => step.side === side).sort((a, b) => a.start - b.start)
    for (const { start, end } of own) {
      took[side] += Math.max(0, end - Math.max(start, reached))
      reached = Math.max(reached, end)
    }
  }
  return took
}
