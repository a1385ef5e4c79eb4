import type { RouteObject } from 'react-router'
import { PROVIDERS_READ } from '../../app/capabilities'
import { withTexts } from '../../i18n/texts'

export const routes: RouteObject[] = [
  {
    path: 'models',
    handle: { gate: PROVIDERS_READ },
    lazy: async () => ({ Component: (await withTexts('models', import('./pages/models-page'))).ModelsPage }),
  },
]
