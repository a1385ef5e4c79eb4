import type { RouteObject } from 'react-router'
import { AUDIT } from '../../app/capabilities'

export const routes: RouteObject[] = [
  {
    path: 'audit',
    handle: { gate: AUDIT },
    lazy: async () => ({ Component: (await import('./pages/audit-page')).AuditPage }),
  },
]
