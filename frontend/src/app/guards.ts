// Loaders: nothing bound to a tenant is rendered before `me` has answered (CO-6).
import { redirect, type LoaderFunction } from 'react-router'
import { isProblem } from '../api/problem'
import { meQuery } from '../api/session'
import { forgetTenant, lastTenant, rememberTenant } from '../api/tenant'
import type { Me } from '../api/types'
import { asLanguage, showLanguage } from '../i18n/index'
import { sawBuild } from '../live/build'
import { chooseLook } from '../ui/theme-choice'
import { isAllowed, type Gate } from './capabilities'
import { landing } from './nav'
import { queryClient } from './providers'

export class Forbidden extends Error {
  readonly gate: Gate
  readonly tenant: string

  constructor(gate: Gate, tenant: string) {
    super(`missing ${gate.join(' or ')}`)
    this.gate = gate
    this.tenant = tenant
  }
}

export class NotFound extends Error {}

let appliedFor: string | null = null

/** The account's language and look, once per person: later choices of this tab win. */
async function applyPreferences(me: Me): Promise<void> {
  if (appliedFor === me.user.id) return
  appliedFor = me.user.id
  chooseLook({ theme: me.user.theme, density: me.user.density })
  const language = asLanguage(me.user.locale)
  if (language) await showLanguage(language)
}

function toSignIn(request: Request): Response {
  const { pathname, search } = new URL(request.url)
  const next = pathname === '/' ? '' : `?next=${encodeURIComponent(pathname + search)}`
  return redirect(`/login${next}`)
}

async function loadMe(tenant: string | null): Promise<Me> {
  const me = await queryClient.query({ ...meQuery(tenant), staleTime: 'static' })
  sawBuild(me.server.build)
  await applyPreferences(me)
  return me
}

async function signedIn(request: Request, tenant: string | null): Promise<Me> {
  try {
    return await loadMe(tenant)
  } catch (error) {
    // eslint-disable-next-line @typescript-eslint/only-throw-error -- the router's own way of redirecting
    if (isProblem(error) && error.status === 401) throw toSignIn(request)
    throw error
  }
}

/** `me` where the address names no tenant: the last one used, and another when that one is gone. */
async function signedInAnywhere(request: Request): Promise<Me> {
  const last = lastTenant()
  try {
    const me = await signedIn(request, last)
    if (!last && me.tenant) {
      rememberTenant(me.tenant.slug)
      return await signedIn(request, me.tenant.slug)
    }
    return me
  } catch (error) {
    if (
      !last ||
      !isProblem(error) ||
      (error.status !== 404 && error.status !== 403 && error.status !== 400)
    ) {
      throw error
    }
    forgetTenant()
    return signedIn(request, null)
  }
}

export const landingLoader: LoaderFunction = async ({ request }) => {
  const me = await signedInAnywhere(request)
  return redirect(landing(me))
}

/** `/t/<tenant>` alone, as the tenant switcher opens it. */
export const tenantLandingLoader: LoaderFunction = async ({ request, params }) =>
  redirect(landing(await signedIn(request, params['tenant'] ?? '')))

export const accountLoader: LoaderFunction = async ({ request }) => {
  await signedInAnywhere(request)
  return null
}

export const tenantLoader: LoaderFunction = async ({ request, params }) => {
  const slug = params['tenant'] ?? ''
  try {
    const me = await signedIn(request, slug)
    if (me.tenant?.slug !== slug) throw new NotFound()
    if (me.mfa_required) return redirect('/account')
    rememberTenant(slug)
    return null
  } catch (error) {
    if (isProblem(error) && (error.status === 404 || error.code === 'tenant_not_found')) throw new NotFound()
    throw error
  }
}

export function gateLoader(gate: Gate): LoaderFunction {
  return async ({ request, params }) => {
    const me = await signedIn(request, params['tenant'] ?? '')
    if (!isAllowed(me.capabilities, gate)) throw new Forbidden(gate, me.tenant?.name ?? '')
    return null
  }
}
