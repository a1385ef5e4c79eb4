import type { ThemeConfig } from 'antd'
import { useLayoutEffect, useMemo } from 'react'
import { useDensity, useMode } from '../ui/theme-choice'
import { antdTheme, cssVars } from '../ui/tokens'

/** antd's theme, and the same values as custom properties on the document for everything of our own. */
export function useTheme(): ThemeConfig {
  const mode = useMode()
  const density = useDensity()
  useLayoutEffect(() => {
    const root = document.documentElement
    root.dataset['theme'] = mode
    root.dataset['density'] = density
    root.style.colorScheme = mode
    for (const [name, value] of Object.entries(cssVars(mode))) root.style.setProperty(name, value)
  }, [mode, density])
  return useMemo(() => antdTheme(mode, density), [mode, density])
}
