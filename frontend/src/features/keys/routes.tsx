import type { RouteObject } from 'react-router'
import { withTexts } from '../../i18n/texts'
import { KEYS_ANY, KEYS_OWN } from '../../app/capabilities'

export const routes: RouteObject[] = [
  {
    path: 'keys',
    handle: { gate: KEYS_ANY },
    lazy: async () => ({ Component: (await withTexts('keys', import('./pages/keys-page'))).AllKeysPage }),
  },
  {
    path: 'dev/keys',
    handle: { gate: KEYS_OWN },
    lazy: async () => ({ Component: (await withTexts('keys', import('./pages/keys-page'))).MyKeysPage }),
  },
]
