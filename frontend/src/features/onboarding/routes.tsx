import type { RouteObject } from 'react-router'
import { PROVIDERS_WRITE } from '../../app/capabilities'
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

/** Of a tenant, and before its console: no navigation stands around these. */
export const welcomeRoutes: RouteObject[] = [
  {
    path: 'welcome',
    handle: { gate: PROVIDERS_WRITE },
    lazy: async () => ({
      Component: (await withTexts('onboarding', import('./pages/welcome-page'))).WelcomePage,
    }),
  },
]
