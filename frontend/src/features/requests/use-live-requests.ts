// Requests as they happen: rows that arrive are shown at once, or wait behind "37 new" while the page is paused,
// hidden or scrolled. What the list holds and what was heard since are one sequence, newest first.
import { useQueryClient } from '@tanstack/react-query'
import { useEffect, useMemo, useState } from 'react'
import { useTenantSlug } from '../../api/session'
import type { News } from '../../live/channel'
import { useChannel } from '../../live/use-channel'
import { isRelative, pairQuery, type Filter } from './filters'
import { listQuery } from './queries'
import type { RequestRow } from './types'

const KEPT = 2000
const NOTHING: readonly RequestRow[] = []
const READ_AGAIN_MS = 5000

interface Heard {
  /** The filter it was heard for: another one starts anew. */
  of: string
  shown: readonly RequestRow[]
  held: readonly RequestRow[]
}

/** Later words about a request replace earlier ones; a running row never replaces a finished one. */
export function merged(before: readonly RequestRow[], news: readonly RequestRow[]): RequestRow[] {
  if (news.length === 0) return [...before]
  const rows = new Map(before.map((row) => [row.id, row]))
  for (const row of news) {
    const known = rows.get(row.id)
    if (!known || known.status === 'running' || row.status !== 'running') rows.set(row.id, row)
  }
  return [...rows.values()].sort(byTime)
}

function byTime(a: RequestRow, b: RequestRow): number {
  if (a.time !== b.time) return a.time < b.time ? 1 : -1
  return a.id < b.id ? 1 : -1
}

interface Options {
  filter: Filter
  /** What the list has read. */
  rows: readonly RequestRow[]
  isPaused: boolean
  isScrolled: boolean
}

export function useLiveRequests({ filter, rows, isPaused, isScrolled }: Options) {
  const client = useQueryClient()
  const tenant = useTenantSlug()
  const query = useMemo(() => pairQuery(filter.pairs), [filter.pairs])
  const of = JSON.stringify([tenant, query, filter.period])
  const [heard, setHeard] = useState<Heard>({ of, shown: NOTHING, held: NOTHING })
  const isSame = heard.of === of
  const shown = isSame ? heard.shown : NOTHING
  const held = isSame ? heard.held : NOTHING
  const isHidden = useHidden()
  const isHeld = isPaused || isScrolled || isHidden
  const [reader] = useState(createReader)
  useEffect(() => () => reader.stop(), [reader])
  const all = useMemo(() => merged(rows, shown), [rows, shown])
  const known = useMemo(() => new Set(all.map(({ id }) => id)), [all])

  const readAgain = () => {
    const { queryKey } = listQuery(tenant, filter, { isPaused })
    reader.read(() => void client.invalidateQueries({ queryKey }))
  }
  const show = () => setHeard({ of, shown: merged(shown, held).slice(0, KEPT), held: NOTHING })

  useChannel<RequestRow>(
    'requests',
    tenant,
    ({ rows: news, dropped }: News<RequestRow>) => {
      // Rows in sight are renewed where they stand; only a pause freezes them.
      const renewed = isHeld && !isPaused ? news.filter(({ id }) => known.has(id)) : []
      const later = isHeld ? news.filter((row) => !renewed.includes(row)) : []
      setHeard({
        of,
        shown: merged(shown, isHeld ? renewed : news).slice(0, KEPT),
        held: merged(held, later).slice(0, KEPT),
      })
      if (dropped > 0 && !isPaused) readAgain()
    },
    { filter: query, isOff: !isRelative(filter.period), onOpen: () => !isPaused && readAgain() },
  )

  // Back at the top, and looking: what has waited is shown.
  const [wasHeld, setWasHeld] = useState(isHeld)
  if (wasHeld !== isHeld) {
    setWasHeld(isHeld)
    if (!isHeld && held.length > 0) show()
  }
  const waiting = held.filter(({ id }) => !known.has(id)).length
  return { rows: all, waiting, show }
}

function useHidden(): boolean {
  const [isHidden, setHidden] = useState(() => document.hidden)
  useEffect(() => {
    const changed = () => setHidden(document.hidden)
    document.addEventListener('visibilitychange', changed)
    return () => document.removeEventListener('visibilitychange', changed)
  }, [])
  return isHidden
}

/** At once, and then at most each READ_AGAIN_MS; the last wish is never forgotten. */
function createReader() {
  let pause: number | undefined
  let due: (() => void) | null = null
  const read = (run: () => void) => {
    if (pause !== undefined) {
      due = run
      return
    }
    run()
    pause = window.setTimeout(() => {
      pause = undefined
      const next = due
      due = null
      if (next) read(next)
    }, READ_AGAIN_MS)
  }
  return { read, stop: () => window.clearTimeout(pause) }
}
