import type { RouteObject } from 'react-router'

export const routes: RouteObject[] = [
  { path: '/login', lazy: async () => ({ Component: (await import('./pages/sign-in-page')).SignInPage }) },
  { path: '/forgot', lazy: async () => ({ Component: (await import('./pages/forgot-page')).ForgotPage }) },
  { path: '/reset', lazy: async () => ({ Component: (await import('./pages/reset-page')).ResetPage }) },
]
