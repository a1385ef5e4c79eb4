// What the API says about spending. Amounts are decimal strings.
export interface Watermark {
  currency: string
  tz: string
  from: string
  to: string
  generated_at: string
  /** Records up to here are in the books. */
  delivered_to: string | null
  /** Windows up to here are final. */
  complete_to: string | null
}

export interface Period {
  cost: string
  requests: number
  tokens: number
  /** The same stretch of the period before. */
  previous: string
  change_pct: number | null
}

export interface Forecast {
  amount: string
  low: string
  high: string
}

export interface CurrentCost extends Watermark {
  today: Period
  this_week: Period
  this_month: Period
  month_forecast: Forecast | null
  unpriced: { requests: number; share: number | null }
  /** Of the newest price list in force. */
  price_version?: string | null
}

export interface DayCost {
  day: string
  cost: string
  requests: number
  errors: number
  saved: string
  unpriced: number
  tokens: { in: number; cached: number; cache_write: number; out: number; reasoning: number }
}

export interface DailyCost extends Watermark {
  data: DayCost[]
}

export interface Ranked {
  id: string | null
  label: string
  cost: string
  share: number | null
  requests: number
  tokens: number
  avg_cost: string | null
  unpriced?: number
  sparkline: string[]
}

export interface RankedCost extends Watermark {
  data: Ranked[]
  other: Omit<Ranked, 'id' | 'label'> | null
  total: { cost: string; requests: number; tokens: number; unpriced: number }
}

export type Dimension = 'model' | 'key' | 'user'
