// The tenant of a call is the slug in the address (CO-1); pages without one use the last tenant seen in this browser.
const LAST_TENANT = 'switchyard.tenant'

export function tenantInPath(pathname: string): string | null {
  const match = /^\/t\/([a-z][a-z0-9-]{1,39})(?:\/|$)/.exec(pathname)
  return match?.[1] ?? null
}

export function lastTenant(): string | null {
  return localStorage.getItem(LAST_TENANT)
}

export function rememberTenant(slug: string): void {
  localStorage.setItem(LAST_TENANT, slug)
}

export function forgetTenant(): void {
  localStorage.removeItem(LAST_TENANT)
}

export function currentTenant(): string | null {
  return tenantInPath(window.location.pathname) ?? lastTenant()
}
