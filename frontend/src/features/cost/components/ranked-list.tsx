import { useTranslation } from 'react-i18next'
import { Money } from '../../../ui/money'
import { shareText } from '../numbers'
import type { Whom } from '../queries'
import type { Dimension, RankedCost } from '../types'
import { RankBar } from './rank-bar'
import { RankedName } from './ranked-name'

const SHOWN = 5

interface Props {
  by: Dimension
  answer: RankedCost
  user: Whom
}

/** The first five with bar, share and cost. */
export function RankedList({ by, answer, user }: Props) {
  const { t } = useTranslation()
  const most = answer.data[0]?.cost ?? null
  const hidden = answer.data.length - SHOWN
  return (
    <ul className="rank-list">
      {answer.data.slice(0, SHOWN).map((row) => (
        <li key={row.id}>
          <RankedName by={by} row={row} answer={answer} user={user} />
          <span className="rank-figures">
            <span className="muted">{row.share === null ? '—' : shareText(row.share)}</span>
            <Money amount={row.cost} />
          </span>
          <RankBar amount={row.cost} most={most} />
        </li>
      ))}
      {hidden > 0 && <li className="muted small">{t('cost:ranked.more', { count: hidden })}</li>}
    </ul>
  )
}
