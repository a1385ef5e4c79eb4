/** Only ways inside this console; anything else would make the sign-in page a redirector. */
export function safeNext(next: string | null): string {
  return next !== null && /^\/(?![/\\])/.test(next) ? next : '/'
}
