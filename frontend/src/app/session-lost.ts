import type { DataRouter } from 'react-router'
import { onSessionLost } from '../api/session-events'
import { forgetSession } from '../api/session'
import { queryClient } from './providers'

const PUBLIC = ['/login', '/setup', '/forgot', '/reset', '/accept-invite', '/docs/errors']

const GRACE_MS = 500

/** The answer that carries a renewed cookie may still be on its way: a question with the old one would be refused. */
async function quiet(): Promise<void> {
  do await new Promise((resolve) => window.setTimeout(resolve, GRACE_MS))
  while (queryClient.isMutating() > 0)
}

/** A session is renewed under its pages when rights change: a request or socket of the old one says nothing yet. */
async function isSignedIn(): Promise<boolean> {
  try {
    const response = await fetch('/api/console/me', { headers: { accept: 'application/json' } })
    return response.status !== 401
  } catch {
    // No answer is no news about the session.
    return true
  }
}

/** A session that ends under an open page leads to the sign-in page and back to the same address (CO-13). */
export function followSession(router: DataRouter): void {
  let isChecking = false
  const leave = async () => {
    const { pathname, search } = router.state.location
    // Loaders see the 401 themselves; only an idle page has to be led away.
    if (isChecking || PUBLIC.includes(pathname) || router.state.navigation.state !== 'idle') return
    isChecking = true
    try {
      await quiet()
      if (await isSignedIn()) return
    } finally {
      isChecking = false
    }
    forgetSession(queryClient)
    await router.navigate(`/login?next=${encodeURIComponent(pathname + search)}`)
  }
  onSessionLost(() => void leave())
}
