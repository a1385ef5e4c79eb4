import type { RouteObject } from 'react-router'
import { withTexts } from '../../i18n/texts'

export const routes: RouteObject[] = [
  {
    index: true,
    lazy: async () => ({
      Component: (await withTexts('account', import('./pages/account-page'))).AccountPage,
    }),
  },
]
