// One of everything, as the server answers it.
import type { ApiKey, AuditRow, Boot, Invite, Me, Member, Team, Tenant } from '../api/types'

const AT = '2026-11-19T14:05:32Z'

export const boot: Boot = {
  version: '0.1.0',
  build: 'b1',
  setup_required: false,
  components: [{ name: 'postgres', state: 'ok' }],
  sign_in: { password: true, email_reset: true },
  locale_default: 'en',
  csrf: 'csrf-boot',
}

export const me: Me = {
  user: {
    id: 'u1',
    email: 'li.wei@acme.example',
    display_name: 'Li Wei',
    locale: 'en',
    tz: 'Asia/Shanghai',
    theme: 'light',
    density: 'compact',
    shortcuts: true,
    is_superadmin: false,
    mfa_enabled: false,
  },
  tenants: [{ id: 't1', slug: 'acme', name: 'Acme', role: 'owner', status: 'active' }],
  tenant: { id: 't1', slug: 'acme', name: 'Acme', status: 'active', mfa_policy: 'none' },
  role: 'owner',
  capabilities: [
    'provider.read',
    'provider.write',
    'key.create_any',
    'key.create_own',
    'member.write',
    'audit.read_all',
    'tenant.settings',
  ],
  locale: 'en',
  tz: 'Asia/Shanghai',
  reporting_tz: 'Asia/Shanghai',
  currency: 'USD',
  features: { email: false },
  csrf: 'csrf-me',
  first_request_at: null,
  session: { expires_at: '2026-11-26T14:05:32Z', step_up_until: null },
  server: { version: '0.1.0', build: 'b1', now: AT, api_base: 'http://localhost/v1' },
  mfa_required: false,
}

export const key: ApiKey = {
  object: 'api_key',
  id: 'key_abcdefghijkl',
  name: 'checkout-service',
  description: '',
  kind: 'client',
  environment: 'live',
  status: 'active',
  prefix: 'sy-live-abcdefghijkl',
  suffix: '9f2c',
  suffixes: ['9f2c'],
  owner: { id: 'u1', email: 'li.wei@acme.example', display_name: 'Li Wei' },
  team: null,
  scopes: ['inference'],
  allowed_models: [],
  denied_models: [],
  restrict_served: false,
  allowed_dialects: [],
  allowed_paths: [],
  allowed_ips: [],
  denied_ips: [],
  expires_at: null,
  requests_per_minute: 600,
  tokens_per_minute: null,
  max_concurrency: null,
  quota: null,
  monthly_budget: '80.000000000',
  max_cost_per_request: null,
  fidelity: 'warn',
  byok_allowed: false,
  dearer_fallback: true,
  priority: 5,
  tags: [],
  metadata: {},
  last_used_at: null,
  created_at: AT,
  updated_at: AT,
  created_by: { id: 'u1', label: 'li.wei@acme.example' },
  version: 3,
}

export const SECRET = `sy-live-abcdefghijkl-${'x'.repeat(45)}9f2c`

export const member: Member = {
  id: 'm1',
  user: {
    id: 'u2',
    email: 'wang.fang@acme.example',
    display_name: '王芳',
    last_seen_at: AT,
    mfa_enabled: true,
  },
  role: 'developer',
  status: 'active',
  teams: [{ id: 'g1', name: 'Search' }],
  key_count: 2,
  created_at: AT,
  updated_at: AT,
  version: 1,
}

export const invite: Invite = {
  id: 'i1',
  email: 'maya.chen@acme.example',
  role: 'admin',
  team: null,
  status: 'pending',
  expires_at: '2026-11-26T14:05:32Z',
  created_at: AT,
  updated_at: AT,
  invited_by: { id: 'u1', label: 'li.wei@acme.example' },
  version: 1,
}

export const team: Team = {
  id: 'g1',
  name: 'Search',
  parent: null,
  allowed_models: [],
  member_count: 1,
  created_at: AT,
  updated_at: AT,
  version: 1,
}

export const audit: AuditRow = {
  id: 'a1',
  seq: 7,
  at: AT,
  actor: { type: 'user', id: 'u1', label: 'li.wei@acme.example' },
  ip: '127.0.0.1',
  user_agent: 'Mozilla/5.0',
  action: 'key.update',
  object: { type: 'key', id: 'key_abcdefghijkl', label: 'checkout-service' },
  before: { name: 'old-name' },
  after: { name: 'checkout-service' },
  reason: '',
  request_id: 'req_1',
  hash: 'ab'.repeat(32),
}

export const tenant: Tenant = {
  id: 't1',
  slug: 'acme',
  name: 'Acme',
  status: 'active',
  reporting_tz: 'Asia/Shanghai',
  week_start: 1,
  locale: 'en',
  currency: 'USD',
  mfa_policy: 'none',
  session_hours: 12,
  first_request_at: null,
  created_at: AT,
  updated_at: AT,
  version: 4,
}
