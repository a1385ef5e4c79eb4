import type { RouteObject } from 'react-router'
import { withTexts } from '../../i18n/texts'

export const routes: RouteObject[] = [
  {
    path: '/setup',
    lazy: async () => ({
      Component: (await withTexts('onboarding', import('./pages/setup-page'))).SetupPage,
    }),
  },
  {
    path: '/accept-invite',
    lazy: async () => ({
      Component: (await withTexts('onboarding', import('./pages/invite-page'))).InvitePage,
    }),
  },
]
