// Another build on the server than the one that served this page, or a file that is gone: offer a reload (CO-14).
import { useSyncExternalStore } from 'react'

const listeners = new Set<() => void>()
let first: string | null = null
let isOutdated = false

function outdated(): void {
  if (isOutdated) return
  isOutdated = true
  for (const listener of listeners) listener()
}

export function sawBuild(build: string): void {
  if (first === null) first = build
  else if (first !== build) outdated()
}

window.addEventListener('vite:preloadError', (event) => {
  event.preventDefault()
  outdated()
})

export function useOutdated(): boolean {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    () => isOutdated,
  )
}
