import type { RouteObject } from 'react-router'
import { COST, COST_OWN } from '../../app/capabilities'
import { withTexts } from '../../i18n/texts'

export const routes: RouteObject[] = [
  {
    path: 'cost',
    handle: { gate: COST },
    lazy: async () => ({ Component: (await withTexts('cost', import('./pages/cost-page'))).CostPage }),
  },
  {
    path: 'dev/usage',
    handle: { gate: COST_OWN },
    lazy: async () => ({ Component: (await withTexts('cost', import('./pages/cost-page'))).UsagePage }),
  },
]
