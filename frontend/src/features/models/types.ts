// What the API says about models and what they cost. Rates are decimal strings: USD per million units of a class.
export type Rates = Record<string, string>
export type Scope = 'catalog' | 'operator' | 'tenant'
export type MatchedBy = 'override' | 'exact' | 'region' | 'stripped' | 'price_model' | 'pattern'

export interface CatalogPrice {
  /** Null: a row this person may not read. */
  id: string | null
  scope: Scope
  matched_by: MatchedBy
  version: string
  valid_from: string
  in: string | null
  out: string | null
  cached: string | null
  cache_write: string | null
  tiers: boolean
  /** Null where it is not this person's business. */
  multiplier: string | null
}

export interface CatalogModel {
  id: string
  public_name: string
  upstream_name: string
  provider: { id: string; slug: string; name: string; kind: string }
  enabled: boolean
  operations: string[]
  context_window: number | null
  max_output_tokens: number | null
  capabilities: Record<string, unknown>
  price: CatalogPrice | null
  priced: boolean
  deprecated_at: string | null
  successor: string
  requests_7d: number
}

export interface Tier {
  above_input_tokens: number
  rates: Rates
}

export interface TimeWindow {
  days?: number[]
  since: string
  till: string
  tz: string
  rates: Rates
}

/** What a caller decides about a price. */
export interface PriceTerms {
  rates?: Rates
  per_call?: Rates
  tiers?: Tier[]
  variants?: Record<string, Rates>
  time_windows?: TimeWindow[]
  valid_from?: string
  note?: string
}

export interface PriceCreate extends PriceTerms {
  scope: 'operator' | 'tenant'
  provider: string
  model: string
}

export interface Price {
  id: string
  scope: Scope
  vendor: string
  provider: string
  region: string
  tenant: { id: string; slug: string } | null
  model: string
  match: 'exact' | 'prefix' | 're2'
  rates: Rates
  per_call: Rates
  tiers: Tier[]
  variants: Record<string, Rates>
  time_windows: TimeWindow[]
  valid_from: string
  valid_to: string | null
  deprecated_at: string | null
  version: string
  source: string
  source_version: string
  state: 'current' | 'future' | 'past'
  editable: boolean
}

export interface Lookup {
  matched_by: MatchedBy | null
  price: Price | null
}

export interface Unpriced {
  provider: { id: string; slug: string; name: string }
  upstream_name: string
  public_name: string
  requests_7d: number
  reason: string
}
