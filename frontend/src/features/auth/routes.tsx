import type { RouteObject } from 'react-router'
import { withTexts } from '../../i18n/texts'

export const routes: RouteObject[] = [
  {
    path: '/login',
    lazy: async () => ({ Component: (await withTexts('auth', import('./pages/sign-in-page'))).SignInPage }),
  },
  {
    path: '/forgot',
    lazy: async () => ({ Component: (await withTexts('auth', import('./pages/forgot-page'))).ForgotPage }),
  },
  {
    path: '/reset',
    lazy: async () => ({ Component: (await withTexts('auth', import('./pages/reset-page'))).ResetPage }),
  },
]
