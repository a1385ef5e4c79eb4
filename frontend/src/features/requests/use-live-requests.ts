// Requests as they happen: rows that arrive are shown at once, or wait behind "37 new" while the page is paused,
// hidden or scrolled. What the list holds and what was heard since are one sequence, newest first.
import { useQueryClient } from '@tanstack/react-query'
import { useEffect, useMemo, useState } from 'react'
import { useTenantSlug } from '../../api/session'
import type { News } from '../../live/channel'
import { useChannel } from '../../live/use-channel'
import { isRunning, isWithin, pairQuery, type Filter } from './filters'
import { isOutside } from './fits'
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

/** It ran as the filter wants, and ended otherwise. */
const hasLeft = (row: RequestRow, pairs: Filter['pairs']): boolean =>
  row.status !== 'running' && isOutside(row, pairs)

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
  const { pairs, period } = filter
  const all = useMemo(() => {
    const gone = new Set(shown.filter((row) => hasLeft(row, pairs)).map(({ id }) => id))
    return merged(rows, shown).filter(({ id }) => !gone.has(id))
  }, [rows, shown, pairs])
  const known = useMemo(() => new Set(all.map(({ id }) => id)), [all])

  const readAgain = () => {
    const { queryKey } = listQuery(tenant, filter, { isPaused })
    reader.read(() => void client.invalidateQueries({ queryKey }))
  }
  const show = () => setHeard({ of, shown: merged(shown, held).slice(0, KEPT), held: NOTHING })

  useChannel<RequestRow>(
    'requests',
    tenant,
    ({ rows: told, dropped }: News<RequestRow>) => {
      const news = told.filter(({ time }) => isWithin(time, period))
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
    { filter: query, isOff: !isRunning(period), onOpen: () => !isPaused && readAgain() },
  )

  // Back at the top, and looking: what has waited is shown.
  const [wasHeld, setWasHeld] = useState(isHeld)
  if (wasHeld !== isHeld) {
    setWasHeld(isHeld)
    if (!isHeld && held.length > 0) show()
  }
  const waiting = held.filter((row) => !known.has(row.id) && !hasLeft(row, pairs)).length
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
