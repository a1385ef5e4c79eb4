// Theme and density: remembered in this browser so that the sign-in page has them too; the account owns them.
import { useSyncExternalStore } from 'react'
import type { Density, Mode } from './tokens'
import { usePrefersDark } from './use-media'

export type ThemeChoice = 'system' | Mode

const THEME = 'switchyard.theme'
const DENSITY = 'switchyard.density'
const listeners = new Set<() => void>()

function subscribe(listener: () => void): () => void {
  listeners.add(listener)
  return () => listeners.delete(listener)
}

function readTheme(): ThemeChoice {
  const stored = localStorage.getItem(THEME)
  return stored === 'light' || stored === 'dark' ? stored : 'system'
}

function readDensity(): Density {
  return localStorage.getItem(DENSITY) === 'comfortable' ? 'comfortable' : 'compact'
}

export function chooseLook(look: { theme?: ThemeChoice; density?: Density }): void {
  if (look.theme) localStorage.setItem(THEME, look.theme)
  if (look.density) localStorage.setItem(DENSITY, look.density)
  for (const listener of listeners) listener()
}

export const useThemeChoice = () => useSyncExternalStore(subscribe, readTheme)
export const useDensity = () => useSyncExternalStore(subscribe, readDensity)

export function useMode(): Mode {
  const choice = useThemeChoice()
  const prefersDark = usePrefersDark()
  if (choice === 'system') return prefersDark ? 'dark' : 'light'
  return choice
}
