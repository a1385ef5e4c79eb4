import type { RouteObject } from 'react-router'
import { REQUESTS } from '../../app/capabilities'
import { withTexts } from '../../i18n/texts'

export const routes: RouteObject[] = [
  {
    path: 'requests',
    handle: { gate: REQUESTS },
    lazy: async () => ({
      Component: (await withTexts('requests', import('./pages/requests-page'))).RequestsPage,
    }),
  },
  {
    path: 'requests/:id',
    handle: { gate: REQUESTS },
    lazy: async () => ({
      Component: (await withTexts('requests', import('./pages/request-page'))).RequestPage,
    }),
  },
]
