// Short names of what the API says about spending. Amounts are decimal strings; null where nothing had a price.
import type { components } from '../../api/schema'

type Schemas = components['schemas']

export type CurrentCost = Schemas['CurrentCost']
export type Period = Schemas['PeriodCost']
export type DayCost = Schemas['DayCost']
export type DailyCost = Schemas['DailyCost']
export type Ranked = Schemas['GroupCost']
export type RankedCost = Schemas['CostByGroup']
export type Dimension = 'model' | 'key' | 'user'
