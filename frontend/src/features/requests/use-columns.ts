// Which columns, in which order: remembered in this browser, as the look is.
import { useMemo, useSyncExternalStore } from 'react'
import { chosenColumns, DEFAULT_COLUMNS, type Column } from './columns'

const CHOSEN = 'switchyard.requests.columns'
const listeners = new Set<() => void>()

function subscribe(listener: () => void): () => void {
  listeners.add(listener)
  return () => listeners.delete(listener)
}

const stored = () => localStorage.getItem(CHOSEN) ?? ''

export function chooseColumns(ids: readonly string[] | null): void {
  if (ids === null) localStorage.removeItem(CHOSEN)
  else localStorage.setItem(CHOSEN, ids.join(' '))
  for (const listener of listeners) listener()
}

export function useColumns(): Column[] {
  const chosen = useSyncExternalStore(subscribe, stored)
  return useMemo(() => {
    const found = chosenColumns(chosen.split(' '))
    return found.length > 0 ? found : chosenColumns(DEFAULT_COLUMNS)
  }, [chosen])
}
