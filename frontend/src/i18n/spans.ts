const NBSP = '\u00a0'

/** `<1 ms`, `842 ms`, `1.84 s`, `1 m 12 s` (CO-77). */
export function spanText(ms: number): string {
  if (ms > 0 && ms < 1) return `<1${NBSP}ms`
  if (ms < 999.5) return `${Math.round(ms)}${NBSP}ms`
  if (ms < 59_995) return `${(ms / 1000).toFixed(2)}${NBSP}s`
  const seconds = Math.round(ms / 1000)
  return `${Math.floor(seconds / 60)}${NBSP}m${NBSP}${seconds % 60}${NBSP}s`
}
