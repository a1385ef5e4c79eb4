// Models with and without a price, and the rows of the price book behind them.
import type { CatalogModel, Lookup, Price } from '../features/models/types'

const AT = '2026-11-18T00:00:00Z'

export const pricedModel: CatalogModel = {
  id: '0193a000-0000-7000-8000-0000000000d1',
  public_name: 'gpt-5.6-mini',
  upstream_name: 'gpt-5.6-mini-2026-08-01',
  provider: { id: '0193a000-0000-7000-8000-000000000001', slug: 'openai', name: 'OpenAI', kind: 'openai' },
  enabled: true,
  operations: ['chat'],
  context_window: 400_000,
  max_output_tokens: 128_000,
  capabilities: {},
  price: {
    id: '0193a000-0000-7000-8000-0000000000e1',
    scope: 'catalog',
    matched_by: 'stripped',
    version: '2026-11-18',
    valid_from: AT,
    in: '0.25',
    out: '2',
    cached: '0.025',
    cache_write: null,
    tiers: true,
    multiplier: '1',
  },
  priced: true,
  deprecated_at: '2026-12-11',
  successor: 'gpt-5.7-mini',
  requests_7d: 1_204,
}

export const unpricedModel: CatalogModel = {
  ...pricedModel,
  id: '0193a000-0000-7000-8000-0000000000d2',
  public_name: 'house-llama',
  upstream_name: 'house-llama',
  provider: { id: '0193a000-0000-7000-8000-000000000003', slug: 'house', name: 'House', kind: 'ollama' },
  price: null,
  priced: false,
  deprecated_at: null,
  successor: '',
  requests_7d: 37,
}

export const price: Price = {
  id: '0193a000-0000-7000-8000-0000000000e1',
  scope: 'catalog',
  vendor: 'openai',
  provider: '',
  region: '',
  tenant: null,
  model: 'gpt-5.6-mini',
  match: 'exact',
  rates: { in_fresh: '0.25', in_cache_read: '0.025', out_text: '2', out_audio: '20' },
  per_call: { web_search_calls: '0.01' },
  tiers: [{ above_input_tokens: 272_000, rates: { in_fresh: '0.5', out_text: '3' } }],
  variants: { flex: { in_fresh: '0.125' } },
  time_windows: [{ days: [1, 2], since: '16:30', till: '00:30', tz: 'UTC', rates: { in_fresh: '0.1' } }],
  valid_from: AT,
  valid_to: null,
  deprecated_at: null,
  version: '2026-11-18',
  source: 'https://prices.example/openai',
  source_version: '0.2.3',
  state: 'current',
  editable: false,
}

export const ownPrice: Price = {
  ...price,
  id: '0193a000-0000-7000-8000-0000000000e2',
  scope: 'tenant',
  vendor: '',
  provider: 'house',
  tenant: { id: 't1', slug: 'acme' },
  model: 'house-llama',
  rates: { in_fresh: '0', out_text: '0' },
  per_call: {},
  tiers: [],
  variants: {},
  time_windows: [],
  source: 'set by li.wei@acme.example',
  source_version: '',
  editable: true,
}

export const lookup: Lookup = {
  matched_by: 'stripped',
  price,
  amounts: { in: '0.25', cached: '0.025', cache_write: null, out: '2' },
}
