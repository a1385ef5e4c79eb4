// The one way of this page to its server: session cookie, CSRF header, one repetition after a rotated token.
const SAFE = new Set(['GET', 'HEAD', 'OPTIONS'])

let csrf = ''

/** `boot` and `me` carry the current token; every sign-in rotates it. */
export function rememberCsrf(token: string | undefined): void {
  if (token) csrf = token
}

async function refetchCsrf(): Promise<void> {
  const response = await fetch('/api/console/boot', { headers: { accept: 'application/json' } })
  if (!response.ok) return
  const body = (await response.json()) as { csrf?: string }
  rememberCsrf(body.csrf)
}

export async function errorCode(response: Response): Promise<string | null> {
  if (response.ok) return null
  try {
    const body: unknown = await response.clone().json()
    return typeof body === 'object' && body !== null && 'code' in body ? String(body.code) : null
  } catch {
    return null
  }
}

/** Sends a request; a write refused with `csrf_failed` is repeated once with a fresh token (CO-13). */
export async function send(request: Request): Promise<Response> {
  if (SAFE.has(request.method)) return fetch(request)
  if (!csrf) await refetchCsrf()
  const again = request.clone()
  request.headers.set('x-csrftoken', csrf)
  const response = await fetch(request)
  if (response.status !== 403 || (await errorCode(response)) !== 'csrf_failed') return response
  await refetchCsrf()
  again.headers.set('x-csrftoken', csrf)
  return fetch(again)
}
