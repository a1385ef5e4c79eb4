import type { RouteObject } from 'react-router'

export const routes: RouteObject[] = [
  {
    path: '/docs/errors',
    lazy: async () => ({ Component: (await import('./pages/errors-page')).ErrorsPage }),
  },
]
