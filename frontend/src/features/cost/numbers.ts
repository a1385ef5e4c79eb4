// Shares and changes as words of one length: never 100 % for almost all, never 0 % for a little (CO-77).
import { nanoOf } from '../../i18n/money'

/** `0.361` → `36.1 %` */
export function shareText(ratio: number): string {
  if (ratio > 0 && ratio < 0.001) return '<0.1 %'
  if (ratio < 1 && ratio > 0.999) return '>99.9 %'
  return `${(ratio * 100).toFixed(1)} %`
}

/** `-9.3` → `9.3 %`; the arrow beside it says the direction. */
export function changeText(percent: number): string {
  const size = Math.abs(percent)
  if (size > 0 && size < 0.1) return '<0.1 %'
  return size >= 1000 ? '>999 %' : `${size.toFixed(1)} %`
}

/** How high something is drawn: geometry, no amount. */
export function heightOf(amount: string | null, top: bigint): number {
  const nano = nanoOf(amount ?? '0') ?? 0n
  if (nano <= 0n || top <= 0n) return 0
  return Number((nano * 10_000n) / top) / 10_000
}

/** In tenths of the unit. */
const STEPS = [10n, 20n, 25n, 50n] as const
const MOST_TICKS = 4n

/** Three to five round steps from zero to at least the largest amount. */
export function ticksFor(amounts: readonly (string | null)[]): bigint[] {
  const most = amounts.reduce((top, amount) => {
    const nano = nanoOf(amount ?? '0') ?? 0n
    return nano > top ? nano : top
  }, 0n)
  let unit = 10n
  for (;;) {
    for (const step of STEPS) {
      const size = (step * unit) / 10n
      const count = (most + size - 1n) / size
      if (count <= MOST_TICKS) {
        const last = count === 0n ? 1n : count
        return Array.from({ length: Number(last) + 1 }, (_, place) => BigInt(place) * size)
      }
    }
    unit *= 10n
  }
}
