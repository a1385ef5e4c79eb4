import createClient, { type Middleware } from 'openapi-fetch'
import { networkProblem, toProblem } from './problem'
import type { paths } from './schema'
import { sessionLost } from './session-events'
import { askForProof } from './step-up'
import { currentTenant } from './tenant'
import { errorCode, send } from './transport'

/** Headers of the tenant, and the way back after `step_up_required` (CO-19) and a lost session (CO-13). */
const sessionMiddleware: Middleware = {
  onRequest({ request }) {
    const tenant = currentTenant()
    if (tenant && !request.headers.has('x-switchyard-tenant'))
      request.headers.set('x-switchyard-tenant', tenant)
    return request
  },
}

async function sendWithProof(request: Request): Promise<Response> {
  const again = request.clone()
  const response = await send(request)
  if (response.status === 401 && (await errorCode(response)) !== 'sign_in_required') sessionLost()
  if (response.status !== 403 || (await errorCode(response)) !== 'step_up_required') return response
  return (await askForProof()) ? send(again) : response
}

export const api = createClient<paths>({
  baseUrl: window.location.origin,
  fetch: sendWithProof,
  headers: { accept: 'application/json' },
})
api.use(sessionMiddleware)

interface Answer<T> {
  data?: T
  error?: unknown
  response: Response
}

/** The body of a successful answer; anything else is thrown as a `Problem`. */
export async function body<T>(answer: Promise<Answer<T>>): Promise<T> {
  let settled: Answer<T>
  try {
    settled = await answer
  } catch (error) {
    if (error instanceof TypeError) throw networkProblem()
    throw error
  }
  if (!settled.response.ok) throw toProblem(settled.error, settled.response)
  return settled.data as T
}

export const ifMatch = (version: number): { 'If-Match': string } => ({ 'If-Match': `"${version}"` })

/** A fresh key per intention: a repeated click or a retried request creates one object only. */
export const idempotent = (): { 'Idempotency-Key': string } => ({ 'Idempotency-Key': randomToken() })

function randomToken(): string {
  // `crypto.randomUUID` needs a secure context; the console also runs on plain http in private networks.
  const bytes = crypto.getRandomValues(new Uint8Array(16))
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
}
