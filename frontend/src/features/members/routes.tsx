import type { RouteObject } from 'react-router'
import { withTexts } from '../../i18n/texts'
import { MEMBERS } from '../../app/capabilities'

export const routes: RouteObject[] = [
  {
    path: 'members',
    handle: { gate: MEMBERS },
    lazy: async () => ({
      Component: (await withTexts('members', import('./pages/members-page'))).MembersPage,
    }),
  },
]
