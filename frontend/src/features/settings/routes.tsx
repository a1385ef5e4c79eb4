import type { RouteObject } from 'react-router'
import { withTexts } from '../../i18n/texts'
import { SETTINGS } from '../../app/capabilities'

export const routes: RouteObject[] = [
  {
    path: 'settings',
    handle: { gate: SETTINGS },
    lazy: async () => ({
      Component: (await withTexts('settings', import('./pages/settings-page'))).SettingsPage,
    }),
  },
]
