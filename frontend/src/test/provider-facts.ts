// Back-ends, their parts and what can be connected, as the server answers it.
import type { Kind, Preset } from '../api/types'
import type { Credential, Provider, TestReport, UpstreamModel } from '../features/providers/types'

const AT = '2026-11-19T14:05:32Z'

export const provider: Provider = {
  id: '0193a000-0000-7000-8000-000000000001',
  slug: 'openai',
  name: 'OpenAI',
  kind: 'openai',
  parent: null,
  base_url: 'https://api.openai.com/v1',
  host: 'api.openai.com',
  region: '',
  project: '',
  resource: '',
  api_version: '',
  surfaces: [{ dialect: 'openai.chat', base_url: 'https://api.openai.com/v1' }],
  priority: 100,
  enabled: true,
  draining: false,
  headers: {},
  proxy_url: '',
  connect_ms: 5000,
  ttft_ms: 60_000,
  reasoning_ttft_ms: 300_000,
  idle_ms: 90_000,
  total_ms: 600_000,
  pool_strategy: null,
  max_failures: null,
  retry_after_s: null,
  failure_window_s: null,
  disconnect_policy: 'cancel',
  inherited: ['connect_ms', 'ttft_ms', 'reasoning_ttft_ms', 'idle_ms', 'total_ms', 'disconnect_policy'],
  allow_unlisted_models: false,
  health: { mode: 'models', interval_s: 60, model: '' },
  discovery: { mode: 'suggest', interval_h: 24 },
  cost_multiplier: '1',
  data_region: '',
  managed_by: 'ui',
  verified_at: AT,
  visibility: 'all',
  platform: false,
  editable: true,
  status: { state: 'healthy', reason: '', latency_ms: 312, last_ok_at: AT },
  credentials: { total: 2, healthy: 2 },
  models_enabled: 9,
  notices: [],
  cells: Array.from({ length: 60 }, () => 2 as const),
  version: 3,
  created_at: AT,
  updated_at: AT,
}

export const mockProvider: Provider = {
  ...provider,
  id: '0193a000-0000-7000-8000-000000000002',
  slug: 'mock',
  name: 'Mock',
  kind: 'mock',
  base_url: '',
  host: '',
  surfaces: [],
  verified_at: null,
  platform: true,
  editable: false,
  status: { state: 'healthy', reason: 'simulated', latency_ms: null, last_ok_at: AT },
  credentials: { total: 1, healthy: 1 },
  models_enabled: 7,
}

export const credential: Credential = {
  id: '0193a000-0000-7000-8000-0000000000c1',
  name: 'primary',
  kind: 'api_key',
  header: '',
  suffix: 'a1f3',
  weight: 1,
  priority: 100,
  enabled: true,
  models: [],
  rpm_limit: 3000,
  tpm_limit: null,
  concurrency_limit: null,
  cost_center: '',
  expires_at: null,
  state: 'active',
  state_reason: '',
  state_until: null,
  last_error: '',
  last_ok_at: AT,
  duplicate_of: null,
  version: 2,
  created_at: AT,
  updated_at: AT,
}

export const upstreamModel: UpstreamModel = {
  id: '0193a000-0000-7000-8000-0000000000d1',
  upstream_name: 'gpt-5.6-mini-2026-08-01',
  public_name: 'gpt-5.6-mini',
  enabled: true,
  operations: ['chat'],
  context_window: 400_000,
  max_output_tokens: 128_000,
  capabilities: { refuses: ['image'] },
  params: { drop: ['seed'] },
  price_model: '',
  tokenizer: '',
  deprecated_at: '2026-12-11',
  successor: 'gpt-5.7-mini',
  source: 'discovered',
  last_seen_at: AT,
  missing_since: null,
  version: 1,
  created_at: AT,
  updated_at: AT,
}

export const kinds: Kind[] = [
  {
    kind: 'openai',
    label: 'OpenAI',
    default_base_url: 'https://api.openai.com/v1',
    credential_kinds: ['api_key'],
    surfaces: ['openai.chat'],
    fields: ['base_url', 'headers'],
  },
  {
    kind: 'anthropic',
    label: 'Anthropic',
    default_base_url: 'https://api.anthropic.com',
    credential_kinds: ['api_key', 'header'],
    surfaces: ['anthropic.messages'],
    fields: ['base_url', 'headers'],
  },
  {
    kind: 'openai_compatible',
    label: 'OpenAI-compatible',
    default_base_url: '',
    credential_kinds: ['api_key', 'header', 'none'],
    surfaces: ['openai.chat'],
    fields: ['base_url', 'headers', 'allow_unlisted_models'],
  },
  {
    kind: 'mock',
    label: 'Mock',
    default_base_url: 'mock:',
    credential_kinds: ['none'],
    surfaces: ['openai.chat'],
    fields: [],
  },
]

const preset = (id: string, label: string, kind: string, base_url: string, key_prefix = ''): Preset => ({
  id,
  label,
  kind,
  base_url,
  key_prefix,
  docs_url: 'https://docs.example',
  source: 'documented',
  local: false,
})

export const presets: Preset[] = [
  preset('zhipu', '智谱 GLM', 'openai_compatible', 'https://open.bigmodel.cn/api/paas/v4'),
  preset('openai', 'OpenAI', 'openai', 'https://api.openai.com/v1', 'sk-proj-'),
  preset('anthropic', 'Anthropic', 'anthropic', 'https://api.anthropic.com', 'sk-ant-'),
  preset('openrouter', 'OpenRouter', 'openai_compatible', 'https://openrouter.ai/api/v1', 'sk-or-'),
  preset('later', 'Later Kind', 'gemini', 'https://later.example'),
]

const steps = ['dns', 'tcp', 'tls', 'auth', 'models', 'completion'] as const

export const passedTest: TestReport = {
  ok: true,
  steps: steps.map((name) => ({ name, ok: true, ms: 20, detail: '', hint: '' })),
  status: 200,
  body: '',
  models: ['gpt-5.6', 'gpt-5.6-mini'].map((name) => ({
    name,
    operations: ['chat'],
    context_window: 400_000,
    max_output_tokens: null,
  })),
}

export const failedTest: TestReport = {
  ok: false,
  steps: steps.map((name, place) => ({
    name,
    ok: place < 3 ? true : place === 3 ? false : null,
    ms: place < 4 ? 20 : null,
    detail: place === 3 ? '401 Unauthorized' : '',
    hint: place === 3 ? 'Check that the whole key was pasted.' : '',
  })),
  status: 401,
  body: '{"error": "Incorrect API key provided"}',
  models: [],
}
