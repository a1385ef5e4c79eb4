import { nanoOf } from '../../../i18n/money'
import { heightOf } from '../numbers'

/** The longest bar belongs to the largest amount. */
export function RankBar({
  amount,
  most,
  isRest = false,
}: {
  amount: string | null
  most: string | null
  isRest?: boolean
}) {
  const width = Math.min(1, heightOf(amount, nanoOf(most ?? '0') ?? 0n))
  return (
    <span className="rank-bar" aria-hidden="true">
      <i className={isRest ? 'rest' : undefined} style={{ width: `${width * 100}%` }} />
    </span>
  )
}
