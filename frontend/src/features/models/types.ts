// Short names of what the API says about models and prices. Rates are decimal strings: USD per million of a class.
import type { components } from '../../api/schema'

type Schemas = components['schemas']

export type Rates = Record<string, string>
export type CatalogModel = Schemas['CatalogModel']
export type CatalogPrice = Schemas['CatalogPrice']
export type Price = Schemas['Price']
export type PriceCreate = Schemas['PriceCreateRequest']
/** What a caller decides about a price. */
export type PriceTerms = Schemas['PatchedPriceTermsRequest']
export type Tier = Schemas['TierFieldsRequest']
export type TimeWindow = Schemas['TimeWindowFieldsRequest']
export type Lookup = Schemas['Lookup']
export type Amounts = Schemas['Amounts']
