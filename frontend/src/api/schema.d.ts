type Json<T> = { content: { 'application/json': T }; headers: Record<string, unknown> }
type Op<R, Q = never, P = never, B = never> = {
  parameters: ([Q] extends [never] ? { query?: never } : { query?: Q }) & ([P] extends [never] ? { path?: never } : { path: P }) & { header?: Record<string, string>; cookie?: never }
  responses: { 200: Json<R> }
} & ([B] extends [never] ? { requestBody?: never } : { requestBody: { content: { 'application/json': B } } })
interface List<T> {
  data: T[]
  has_more: boolean
  next_cursor: string | null
}
interface Id {
  id: string
}
interface Page {
  limit?: number
  cursor?: string
}
type S = components['schemas']
export interface paths {
  '/api/console/boot': { get: Op<S['Boot']> }
  '/api/console/setup': {
    post: Op<
      { tenant: { id: string; slug: string; name: string } },
      never,
      never,
      {
        token: string
        email: string
        password: string
        tenant: string
        locale: string
        tz: string
        currency: string
      }
    >
  }
  '/api/console/me': { get: Op<S['Me']>; patch: Op<S['Me'], never, never, Partial<S['Preferences']>> }
  '/api/console/error-codes': { get: Op<{ data: S['ErrorCode'][] }> }
  '/api/console/invite': { get: Op<S['InvitePreview'], { token: string }> }
  '/api/console/accept-invite': {
    post: Op<
      { tenant: { slug: string } },
      never,
      never,
      { token: string; password?: string; display_name?: string }
    >
  }
  '/api/v1/keys': {
    get: Op<List<S['ApiKey']>, Page & { status?: string; q?: string; owner?: string; model?: string }>
    post: Op<S['ApiKeyWithSecret'], never, never, S['ApiKeyWrite']>
  }
  '/api/v1/keys/{id}': {
    get: Op<S['ApiKey'], never, Id>
    patch: Op<S['ApiKey'], never, Id, S['ApiKeyWrite']>
    delete: Op<S['ApiKey'], never, Id>
  }
  '/api/v1/keys/{id}/rotate': { post: Op<S['ApiKeyWithSecret'], never, Id, { overlap_s: number }> }
  '/api/v1/keys/{id}/clone': { post: Op<S['ApiKeyWithSecret'], never, Id> }
  '/api/v1/keys/{id}/revoke': { post: Op<S['ApiKey'], never, Id> }
  '/api/v1/keys/{id}/enable': { post: Op<S['ApiKey'], never, Id> }
  '/api/v1/keys/bulk': {
    post: Op<
      { changed: number },
      never,
      never,
      { action: 'disable' | 'revoke' | 'tag'; ids: string[]; tags?: string[] }
    >
  }
  '/api/v1/members': { get: Op<List<S['Member']>, Page & { q?: string }> }
  '/api/v1/members/{id}': {
    patch: Op<S['Member'], never, Id, { role?: S['Role']; status?: 'active' | 'disabled' }>
    delete: Op<{ keys_disabled: number }, never, Id>
  }
  '/api/v1/teams': { get: Op<List<S['Team']>, Page>; post: Op<S['Team'], never, never, { name: string }> }
  '/api/v1/teams/{id}': {
    patch: Op<S['Team'], never, Id, { name?: string }>
    delete: Op<undefined, never, Id>
  }
  '/api/v1/teams/{id}/members': {
    get: Op<List<S['TeamMember']>, Page, Id>
    post: Op<S['TeamMember'], never, Id, { user: string; lead?: boolean }>
    delete: Op<undefined, never, Id, { user: string }>
  }
  '/api/v1/invites': {
    get: Op<List<S['Invite']>, Page>
    post: Op<S['InviteWithLink'], never, never, { email: string; role: S['Role']; team?: string | null }>
  }
  '/api/v1/invites/{id}/resend': { post: Op<S['InviteWithLink'], never, Id> }
  '/api/v1/invites/{id}/revoke': { post: Op<S['Invite'], never, Id> }
  '/api/v1/audit': { get: Op<List<S['AuditRow']>, Page & S['AuditFilter']> }
  '/api/v1/audit/verify': { get: Op<S['AuditVerdict']> }
  '/api/v1/tenant': { get: Op<S['Tenant']>; patch: Op<S['Tenant'], never, never, Partial<S['TenantWrite']>> }
  '/api/v1/sessions': { get: Op<{ data: S['Session'][] }> }
  '/api/v1/sessions/{id}': { delete: Op<undefined, never, Id> }
  '/api/v1/sessions/revoke-all': { post: Op<undefined> }
}
export interface components {
  schemas: {
    Role: 'owner' | 'admin' | 'developer' | 'billing_viewer'
    Boot: {
      version: string
      build: string
      setup_required: boolean
      components: { name: string; state: string }[]
      sign_in: { password: boolean; email_reset: boolean }
      locale_default: string
      csrf: string
    }
    Me: {
      user: {
        id: string
        email: string
        display_name: string
        locale: string
        tz: string
        theme: 'system' | 'light' | 'dark'
        density: 'compact' | 'comfortable'
        shortcuts: boolean
        is_superadmin: boolean
        mfa_enabled: boolean
      }
      tenants: { id: string; slug: string; name: string; role: S['Role']; status: string }[]
      tenant: { id: string; slug: string; name: string; status: string; mfa_policy: string } | null
      role: S['Role'] | null
      capabilities: string[]
      locale: string
      tz: string
      reporting_tz: string | null
      currency: string | null
      features: Record<string, boolean>
      csrf: string
      first_request_at: string | null
      session: { expires_at: string; step_up_until: string | null }
      server: { version: string; build: string; now: string; api_base: string }
      mfa_required: boolean
    }
    Preferences: {
      display_name: string
      locale: string
      tz: string
      theme: 'system' | 'light' | 'dark'
      density: 'compact' | 'comfortable'
      shortcuts: boolean
    }
    ErrorCode: { code: string; status: number; meaning: string; cause: string; fix: string; retry: boolean }
    InvitePreview: { email: string; role: S['Role']; tenant: { name: string }; user_exists: boolean }
    ApiKey: S['ApiKeyWrite'] & {
      object: 'api_key'
      id: string
      name: string
      kind: 'client' | 'management'
      environment: 'live' | 'test'
      status: 'active' | 'disabled' | 'revoked' | 'expired'
      prefix: string
      suffix: string
      suffixes: string[]
      owner: { id: string; email: string; display_name: string } | null
      team: { id: string; name: string } | null
      last_used_at: string | null
      created_at: string
      updated_at: string
      created_by: { id: string; label: string } | null
      version: number
    }
    ApiKeyWithSecret: S['ApiKey'] & { key: string | null }
    ApiKeyWrite: {
      name?: string
      description?: string
      kind?: 'client' | 'management'
      environment?: 'live' | 'test'
      owner?: any
      team?: any
      scopes?: string[]
      allowed_models?: string[]
      denied_models?: string[]
      allowed_ips?: string[]
      denied_ips?: string[]
      expires_at?: string | null
      requests_per_minute?: number | null
      tokens_per_minute?: number | null
      max_concurrency?: number | null
      quota?: number | null
      monthly_budget?: string | null
      max_cost_per_request?: string | null
      fidelity?: 'lossless' | 'warn' | 'best-effort'
      priority?: number
      tags?: string[]
    }
    Member: {
      id: string
      user: {
        id: string
        email: string
        display_name: string
        last_seen_at: string | null
        mfa_enabled: boolean
      }
      role: S['Role']
      status: 'active' | 'disabled'
      teams: { id: string; name: string }[]
      key_count: number
      created_at: string
      version: number
    }
    Team: { id: string; name: string; member_count?: number; created_at: string; version: number }
    TeamMember: { id: string; user: { id: string; email: string; display_name: string }; lead: boolean }
    Invite: {
      id: string
      email: string
      role: S['Role']
      team: { id: string; name: string } | null
      status: 'pending' | 'accepted' | 'revoked' | 'expired'
      expires_at: string
      created_at: string
      invited_by: { id: string; label: string } | null
      version: number
    }
    InviteWithLink: S['Invite'] & { link?: string | null; email_sent: boolean }
    AuditRow: {
      id: string
      seq: number
      at: string
      actor: { type: string; id: string | null; label: string }
      ip: string | null
      user_agent: string | null
      action: string
      object: { type: string; id: string; label: string }
      before: Record<string, unknown>
      after: Record<string, unknown>
      reason: string | null
      request_id: string | null
      hash: string
    }
    AuditFilter: {
      action?: string
      actor?: string
      object_type?: string
      object_id?: string
      from?: string
      to?: string
      q?: string
    }
    AuditVerdict: { chain: string; ok: boolean; rows: number; first_bad_seq: number | null }
    Tenant: S['TenantWrite'] & {
      id: string
      slug: string
      status: string
      version: number
      created_at: string
      updated_at: string
    }
    TenantWrite: {
      name: string
      reporting_tz: string
      week_start: string
      locale: string
      currency: string
      mfa_policy: 'none' | 'admins' | 'all'
      session_hours: number
    }
    Session: {
      id: string
      ip: string
      user_agent: string
      created_at: string
      last_seen_at: string
      current: boolean
    }
  }
}
