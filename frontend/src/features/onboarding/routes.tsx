import type { RouteObject } from 'react-router'

export const routes: RouteObject[] = [
  { path: '/setup', lazy: async () => ({ Component: (await import('./pages/setup-page')).SetupPage }) },
  {
    path: '/accept-invite',
    lazy: async () => ({ Component: (await import('./pages/invite-page')).InvitePage }),
  },
]
