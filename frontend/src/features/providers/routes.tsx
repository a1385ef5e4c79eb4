import type { RouteObject } from 'react-router'
import { PROVIDERS_ANY, PROVIDERS_READ, PROVIDERS_WRITE } from '../../app/capabilities'
import { withTexts } from '../../i18n/texts'

export const routes: RouteObject[] = [
  {
    path: 'providers',
    handle: { gate: PROVIDERS_ANY },
    lazy: async () => ({
      Component: (await withTexts('providers', import('./pages/providers-page'))).ProvidersPage,
    }),
  },
  {
    path: 'providers/new',
    handle: { gate: PROVIDERS_WRITE },
    lazy: async () => ({
      Component: (await withTexts('providers', import('./pages/add-provider-page'))).AddProviderPage,
    }),
  },
  {
    path: 'providers/:id',
    handle: { gate: PROVIDERS_READ },
    lazy: async () => ({
      Component: (await withTexts('providers', import('./pages/provider-page'))).ProviderPage,
    }),
  },
]
