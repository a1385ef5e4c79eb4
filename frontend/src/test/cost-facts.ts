// What the books say: the sums of the parts are the totals.
import type { CurrentCost, DailyCost, Ranked, RankedCost } from '../features/cost/types'

const watermark = {
  currency: 'USD',
  tz: 'Asia/Shanghai',
  from: '2026-10-21T16:00:00Z',
  to: '2026-11-20T06:05:00Z',
  generated_at: '2026-11-20T06:05:32Z',
  delivered_to: '2026-11-20T06:05:30Z',
  complete_to: '2026-11-20T06:05:00Z',
}

export const current: CurrentCost = {
  ...watermark,
  today: {
    cost: '118.640227915',
    requests: 48_206,
    tokens: 91_400_000,
    previous: '130.804001000',
    change_pct: -9.3,
  },
  this_week: {
    cost: '902.100000000',
    requests: 301_114,
    tokens: 640_000_000,
    previous: '850.000000000',
    change_pct: 6.1,
  },
  this_month: {
    cost: '3700.501227915',
    requests: 1_204_551,
    tokens: 2_310_000_000,
    previous: '0.000000000',
    change_pct: null,
  },
  month_forecast: { amount: '5670.000000000', low: '5460.000000000', high: '5880.000000000' },
  unpriced: { requests: 12, share: 0.0002 },
}

const DAYS = ['2026-11-17', '2026-11-18', '2026-11-19', '2026-11-20']
const COSTS = ['201.000000000', '0.000000000', '244.100000001', '118.640227915']

export const daily: DailyCost = {
  ...watermark,
  data: DAYS.map((day, place) => ({
    day,
    cost: COSTS[place] ?? null,
    requests: place === 1 ? 0 : 1_204,
    errors: 3,
    saved: '0.000000000',
    unpriced: place === 3 ? 12 : 0,
    tokens: { in: 1_000_000, cached: 400_000, cache_write: 0, out: 90_000, reasoning: 10_000 },
  })),
}

const row = (id: string, label: string, cost: string, share: number): Ranked => ({
  id,
  label,
  cost,
  share,
  requests: 1_204,
  tokens: 1_490_000,
  avg_cost: '0.081000000',
  unpriced: 0,
  sparkline: COSTS,
})

export const byModel: RankedCost = {
  ...watermark,
  data: [
    row('claude-sonnet-5', 'claude-sonnet-5', '400.000000001', 0.71),
    row('=cmd', '=cmd', '100.000000000', 0.177),
  ],
  other: {
    cost: '63.740227915',
    share: 0.113,
    requests: 1_204,
    tokens: 1_490_000,
    avg_cost: '0.052900000',
    unpriced: 12,
    sparkline: COSTS,
  },
  total: { cost: '563.740227916', requests: 3_612, tokens: 4_470_000, unpriced: 12 },
}

export const byKey: RankedCost = {
  ...byModel,
  data: [row('key_abcdefghijkl', 'checkout-service', '563.740227916', 1)],
  other: null,
}

export const byUser: RankedCost = {
  ...byModel,
  data: [row('u1', 'Li Wei', '563.740227916', 1)],
  other: null,
}
