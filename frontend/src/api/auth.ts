// django-allauth's headless browser client. It answers in its own envelope, documented with the package; a pending
// step is a 401 with the flows that can follow.
import { networkProblem, Problem, toProblem, type FieldError } from './problem'
import { askForProof } from './step-up'
import { send } from './transport'

const BASE = '/api/auth/browser/v1'

interface Flow {
  id: string
  is_pending?: boolean
  types?: string[]
}

interface Envelope {
  status: number
  code?: string
  data?: Record<string, unknown>
  meta?: Record<string, unknown>
  errors?: { message: string; code: string; param?: string }[]
}

export interface AuthOutcome {
  authenticated: boolean
  /** The step the server waits for, when it waits for one. */
  pending: string | null
}

interface Call {
  method: 'GET' | 'POST' | 'DELETE'
  path: string
  payload?: Record<string, unknown>
}

async function call({ method, path, payload }: Call): Promise<{ response: Response; envelope: Envelope }> {
  const request = new Request(new URL(BASE + path, window.location.origin), {
    method,
    headers: { accept: 'application/json', ...(payload ? { 'content-type': 'application/json' } : {}) },
    ...(payload ? { body: JSON.stringify(payload) } : {}),
  })
  let response: Response
  try {
    response = await send(request)
  } catch {
    throw networkProblem()
  }
  const text = await response.text()
  let envelope: Envelope = { status: response.status }
  try {
    if (text) envelope = JSON.parse(text) as Envelope
  } catch {
    throw new Problem({ status: response.status, code: `http_${response.status}` })
  }
  return { response, envelope }
}

/** allauth's errors as ours: `param` is the field, the first code is the code of the whole. */
function refusal(response: Response, envelope: Envelope): Problem {
  const errors = envelope.errors
  if (typeof envelope.code === 'string' || !Array.isArray(errors)) return toProblem(envelope, response)
  const fields: FieldError[] = errors
    .filter((error) => error.param !== undefined)
    .map((error) => ({ field: error.param ?? '', code: error.code, message: error.message }))
  const first = errors[0]
  return new Problem({
    ...toProblem(null, response).body,
    code: first?.code ?? `http_${response.status}`,
    ...(first ? { detail: first.message } : {}),
    errors: fields,
  })
}

function outcome(response: Response, envelope: Envelope): AuthOutcome {
  if (response.ok) return { authenticated: envelope.meta?.['is_authenticated'] !== false, pending: null }
  const flows = (envelope.data?.['flows'] ?? []) as Flow[]
  if (response.status === 401 && flows.length > 0) {
    return { authenticated: false, pending: flows.find((flow) => flow.is_pending)?.id ?? null }
  }
  throw refusal(response, envelope)
}

async function step(path: string, payload: Record<string, unknown>): Promise<AuthOutcome> {
  const { response, envelope } = await call({ method: 'POST', path, payload })
  return outcome(response, envelope)
}

/** A call of somebody signed in; where the server wants a fresh proof, the dialog asks for it and the call runs again. */
async function proved(request: Call): Promise<{ response: Response; envelope: Envelope }> {
  const first = await call(request)
  if (first.response.status !== 403 || first.envelope.code !== 'step_up_required') return first
  if (await askForProof()) return call(request)
  throw new Problem({ status: 403, code: 'step_up_required' })
}

async function data<T>(request: Call): Promise<T> {
  const { response, envelope } = await proved(request)
  if (!response.ok) throw refusal(response, envelope)
  return envelope.data as T
}

export const signIn = (email: string, password: string) => step('/auth/login', { email, password })
export const sendSecondFactor = (code: string) => step('/auth/2fa/authenticate', { code })
export const proveByPassword = (password: string) => step('/auth/reauthenticate', { password })
export const proveByCode = (code: string) => step('/auth/2fa/reauthenticate', { code })

export async function signOut(): Promise<void> {
  // allauth answers a completed sign-out with 401: nobody is signed in any more.
  const { response, envelope } = await call({ method: 'DELETE', path: '/auth/session' })
  if (!response.ok && response.status !== 401) throw refusal(response, envelope)
}

export const changePassword = (passwords: { current_password: string; new_password: string }) =>
  data({ method: 'POST', path: '/account/password/change', payload: passwords })

export async function requestReset(email: string): Promise<void> {
  const { response, envelope } = await call({
    method: 'POST',
    path: '/auth/password/request',
    payload: { email },
  })
  if (!response.ok && response.status !== 401) throw refusal(response, envelope)
}

export async function resetPassword(key: string, password: string): Promise<void> {
  const { response, envelope } = await call({
    method: 'POST',
    path: '/auth/password/reset',
    payload: { key, password },
  })
  // 401 = the new password holds and its owner signs in with it next.
  if (!response.ok && response.status !== 401) throw refusal(response, envelope)
}

export interface TotpState {
  active: boolean
  secret?: string
  url?: string
}

/** The active authenticator, or a fresh secret to enrol one. */
export async function readTotp(): Promise<TotpState> {
  const { response, envelope } = await proved({ method: 'GET', path: '/account/authenticators/totp' })
  if (response.ok) return { active: true }
  if (response.status === 404 && typeof envelope.meta?.['secret'] === 'string') {
    return { active: false, secret: envelope.meta['secret'], url: String(envelope.meta['totp_url']) }
  }
  throw refusal(response, envelope)
}

export const activateTotp = (code: string) =>
  data({ method: 'POST', path: '/account/authenticators/totp', payload: { code } })
export const deactivateTotp = () => data({ method: 'DELETE', path: '/account/authenticators/totp' })

export interface RecoveryCodes {
  total_code_count: number
  unused_code_count: number
  unused_codes?: string[]
}

export const readRecoveryCodes = () =>
  data<RecoveryCodes>({ method: 'GET', path: '/account/authenticators/recovery-codes' })
export const renewRecoveryCodes = () =>
  data<RecoveryCodes>({ method: 'POST', path: '/account/authenticators/recovery-codes', payload: {} })
