import { createBrowserRouter, type RouteObject } from 'react-router'
import { routes as account } from '../features/account/routes'
import { routes as audit } from '../features/audit/routes'
import { routes as auth } from '../features/auth/routes'
import { routes as cost } from '../features/cost/routes'
import { routes as keys } from '../features/keys/routes'
import { routes as members } from '../features/members/routes'
import { routes as models } from '../features/models/routes'
import { routes as onboarding, welcomeRoutes } from '../features/onboarding/routes'
import { routes as providers } from '../features/providers/routes'
import { routes as requests } from '../features/requests/routes'
import { routes as settings } from '../features/settings/routes'
import { routes as errors } from '../portal/errors/routes'
import { PageLoading } from '../ui/loading'
import type { Gate } from './capabilities'
import { accountLoader, gateLoader, landingLoader, tenantLandingLoader, tenantLoader } from './guards'
import { NotFoundPage, RouteError } from './error-boundary'
import { Root } from './root'
import { Shell } from './shell/shell'

/** A route that names a gate in its handle gets the loader that enforces it, and fails inside the shell. */
function guarded(routes: RouteObject[]): RouteObject[] {
  return routes.map((route) => {
    const gate = (route.handle as { gate?: Gate } | undefined)?.gate
    return {
      ...route,
      ...(gate ? { loader: gateLoader(gate) } : {}),
      ErrorBoundary: RouteError,
    }
  })
}

/** The kit on one sheet, on the development server only. */
const workbench: RouteObject[] = import.meta.env.DEV
  ? [{ path: '/__states', lazy: async () => ({ Component: (await import('./states-page')).StatesPage }) }]
  : []

export const routes: RouteObject[] = [
  {
    Component: Root,
    ErrorBoundary: RouteError,
    HydrateFallback: PageLoading,
    children: [
      { path: '/', loader: landingLoader },
      ...auth,
      ...onboarding,
      ...errors,
      ...workbench,
      { path: '/account', loader: accountLoader, Component: Shell, children: guarded(account) },
      { path: '/t/:tenant', loader: tenantLoader, children: guarded(welcomeRoutes) },
      {
        path: '/t/:tenant',
        loader: tenantLoader,
        Component: Shell,
        ErrorBoundary: RouteError,
        children: [
          { index: true, loader: tenantLandingLoader },
          ...guarded([
            ...requests,
            ...providers,
            ...models,
            ...cost,
            ...keys,
            ...members,
            ...audit,
            ...settings,
          ]),
          { path: '*', Component: NotFoundPage },
        ],
      },
      { path: '*', Component: NotFoundPage },
    ],
  },
]

export const createRouter = () => createBrowserRouter(routes)
