import type { RouteObject } from 'react-router'
import { SETTINGS } from '../../app/capabilities'

export const routes: RouteObject[] = [
  {
    path: 'settings',
    handle: { gate: SETTINGS },
    lazy: async () => ({ Component: (await import('./pages/settings-page')).SettingsPage }),
  },
]
