import { useTranslation } from 'react-i18next'
import type { TFunction } from 'i18next'
import { dialectText, lossText } from '../losses'
import type { RequestDetail } from '../types'

function laneText(detail: RequestDetail, t: TFunction): string {
  const dialect = dialectText(detail.dialect)
  if (detail.lane === 'native') return t('requests:lane.native', { dialect })
  if (detail.lane === 'translation')
    return t('requests:lane.translation', { dialect, provider: detail.provider })
  return dialect
}

/** In which dialect it came, in which it went on, and what that cost. */
export function LaneFacts({ detail }: { detail: RequestDetail }) {
  const { t } = useTranslation()
  const label = detail.lane === 'none' ? 'requests:column.dialect' : 'requests:column.lane'
  const hasLosses = detail.degraded.length > 0
  if (detail.dialect === '' && !hasLosses) return null
  return (
    <dl className="fact-list lane-facts">
      {detail.dialect !== '' && (
        <div>
          <dt>{t(label)}</dt>
          <dd title={detail.dialect}>{laneText(detail, t)}</dd>
        </div>
      )}
      {hasLosses && (
        <div>
          <dt>{t('requests:loss.label')}</dt>
          <dd>
            <ul className="losses">
              {detail.degraded.map((code) => (
                <li key={code} title={code}>
                  {lossText(code, t)}
                </li>
              ))}
            </ul>
          </dd>
        </div>
      )}
    </dl>
  )
}
