import type { RouteObject } from 'react-router'
import { withTexts } from '../../i18n/texts'

export const routes: RouteObject[] = [
  {
    path: '/docs/errors',
    lazy: async () => ({ Component: (await withTexts('errors', import('./pages/errors-page'))).ErrorsPage }),
  },
]
