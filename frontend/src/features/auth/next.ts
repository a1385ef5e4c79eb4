/** Only ways inside this console; anything else would make the sign-in page a redirector. */
export function safeNext(next: string | null): string {
  return next !== null && /^\/(?![/\\])/.test(next) ? next : '/'
}

/** Django admin is a page of the server; the router has no way to it. */
export function isServerPage(path: string): boolean {
  return path === '/admin' || path.startsWith('/admin/')
}
