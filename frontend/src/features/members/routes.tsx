import type { RouteObject } from 'react-router'
import { MEMBERS } from '../../app/capabilities'

export const routes: RouteObject[] = [
  {
    path: 'members',
    handle: { gate: MEMBERS },
    lazy: async () => ({ Component: (await import('./pages/members-page')).MembersPage }),
  },
]
