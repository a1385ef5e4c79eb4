import { useSyncExternalStore } from 'react'

function useMedia(query: string): boolean {
  return useSyncExternalStore(
    (changed) => {
      const list = window.matchMedia(query)
      list.addEventListener('change', changed)
      return () => list.removeEventListener('change', changed)
    },
    () => window.matchMedia(query).matches,
  )
}

export const useIsMobile = () => useMedia('(max-width: 767px)')
export const usePrefersDark = () => useMedia('(prefers-color-scheme: dark)')
