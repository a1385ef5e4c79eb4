import type { RouteObject } from 'react-router'
import { withTexts } from '../../i18n/texts'
import { AUDIT } from '../../app/capabilities'

export const routes: RouteObject[] = [
  {
    path: 'audit',
    handle: { gate: AUDIT },
    lazy: async () => ({ Component: (await withTexts('audit', import('./pages/audit-page'))).AuditPage }),
  },
]
