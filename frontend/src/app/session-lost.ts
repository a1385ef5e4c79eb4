import type { DataRouter } from 'react-router'
import { onSessionLost } from '../api/session-events'
import { forgetSession } from '../api/session'
import { queryClient } from './providers'

const PUBLIC = ['/login', '/setup', '/forgot', '/reset', '/accept-invite', '/docs/errors']

/** A session that ends under an open page leads to the sign-in page and back to the same address (CO-13). */
export function followSession(router: DataRouter): void {
  onSessionLost(() => {
    const { pathname, search } = router.state.location
    if (PUBLIC.includes(pathname)) return
    // Loaders see the 401 themselves; only an idle page has to be led away.
    if (router.state.navigation.state !== 'idle' || !router.state.initialized) return
    forgetSession(queryClient)
    void router.navigate(`/login?next=${encodeURIComponent(pathname + search)}`)
  })
}
