// One-time tokens arrive in the address. They leave it before the first render, so that no history entry, referrer or
// screenshot keeps them (CO-18), and live in this module until the page that needs them is done.
const CARRIERS = new Set(['/setup', '/accept-invite', '/reset'])
const NAMES = ['token', 'key']

let held: { path: string; token: string } | null = null

/** Runs once at load, before the router reads the address. */
export function takeOneTimeToken(): void {
  const url = new URL(window.location.href)
  if (!CARRIERS.has(url.pathname)) return
  for (const name of NAMES) {
    const token = url.searchParams.get(name)
    if (token) held = { path: url.pathname, token }
    url.searchParams.delete(name)
  }
  window.history.replaceState(window.history.state, '', url)
}

export function oneTimeToken(path: string): string | null {
  return held?.path === path ? held.token : null
}

export function dropOneTimeToken(): void {
  held = null
}
