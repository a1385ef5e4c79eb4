import { useTranslation } from 'react-i18next'
import { lossText } from '../losses'
import type { RequestDetail } from '../types'
import { BodyDifferences } from './body-differences'

/** What was lost on the way, and how the body that went up differs from the one that came. */
export function Conversion({ detail }: { detail: RequestDetail }) {
  return (
    <>
      <LossReport detail={detail} />
      <BodyDifferences attempts={detail.attempts} />
    </>
  )
}

function LossReport({ detail: { degraded, lane, attempts } }: { detail: RequestDetail }) {
  const { t } = useTranslation()
  if (degraded.length === 0) {
    if (attempts.length === 0) return null
    const text = lane === 'native' ? 'requests:conversion.native' : 'requests:conversion.nothing'
    return <p className="part-text">{t(text)}</p>
  }
  return (
    <>
      <p className="part-text">{t('requests:conversion.lost', { count: degraded.length })}</p>
      <ul className="lost-fields">
        {degraded.map((code) => (
          <li key={code}>
            {lossText(code, t)} <span className="mono muted small">{code}</span>
          </li>
        ))}
      </ul>
    </>
  )
}
