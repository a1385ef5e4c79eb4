// Money is a decimal string of nine places on the wire and a whole number of nano-dollars in here: no float ever
// holds an amount (CO-77). Exact values belong into the title of the element.
const NANO = 1_000_000_000n
const PLACES = 9

/** `"0.000123000"` → 123000n; null for what is no amount. */
export function nanoOf(amount: string): bigint | null {
  const found = /^(-?)(\d+)(?:\.(\d+))?$/.exec(amount)
  if (!found) return null
  const [, sign = '', whole = '0', fraction = ''] = found
  const nano = BigInt(whole) * NANO + BigInt(fraction.slice(0, PLACES).padEnd(PLACES, '0'))
  return sign === '-' ? -nano : nano
}

const grouped = (digits: string) => digits.replace(/\B(?=(\d{3})+(?!\d))/g, ',')

/** Half up on the last place shown: for the eye only, sums are made by the server. */
function fixed(nano: bigint, places: number): string {
  const unit = 10n ** BigInt(PLACES - places)
  const rounded = (nano + unit / 2n) / unit
  const scale = 10n ** BigInt(places)
  const whole = grouped(String(rounded / scale))
  return places === 0 ? whole : `${whole}.${String(rounded % scale).padStart(places, '0')}`
}

function signed(nano: bigint, currency: string, text: (nano: bigint) => string): string {
  const shown = text(nano < 0n ? -nano : nano)
  const [mark, digits] = shown.startsWith('<') ? ['<', shown.slice(1)] : ['', shown]
  const named = currency === 'USD' ? `${mark}$${digits}` : `${mark}${digits} ${currency}`
  return nano < 0n ? `(${named})` : named
}

function short(nano: bigint): string {
  if (nano === 0n) return '0'
  if (nano >= NANO) return fixed(nano, 2)
  if (nano >= NANO / 100n) return fixed(nano, 4)
  return nano >= 1000n ? fixed(nano, 6) : '<0.000001'
}

/** `$1,234.56`, `$0.1234`, `$0.000123`, `<$0.000001`, `$0`; credit in parentheses. */
export function moneyShort(amount: string, currency: string): string {
  const nano = nanoOf(amount)
  return nano === null ? amount : signed(nano, currency, short)
}

/** Six places, so that the dots of a column stand below each other. */
export function moneyColumn(amount: string, currency: string): string {
  const nano = nanoOf(amount)
  return nano === null ? amount : signed(nano, currency, (value) => fixed(value, 6))
}

/** All nine places. */
export function moneyExact(amount: string, currency: string): string {
  const nano = nanoOf(amount)
  return nano === null ? amount : signed(nano, currency, (value) => fixed(value, PLACES))
}

/** Whole dollars on an axis, more places only where the steps are smaller. */
export function moneyTick(nano: bigint, currency: string): string {
  const places = [0, 2, 4, 6].find((count) => nano % 10n ** BigInt(PLACES - count) === 0n) ?? PLACES
  return signed(nano, currency, (value) => fixed(value, places))
}
