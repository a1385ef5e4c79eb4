import { useTranslation } from 'react-i18next'
import type { TFunction } from 'i18next'
import { lossText } from '../losses'
import { operationText, spokenText } from '../operations'
import type { RequestDetail } from '../types'

function laneText(detail: RequestDetail, t: TFunction): string {
  const dialect = spokenText(detail, detail.dialect)
  if (detail.lane === 'native') return nativeText(detail, dialect, t)
  if (detail.lane === 'none') return dialect
  // Of what an earlier release recorded, only the provider is known.
  if (detail.target_dialect === '')
    return t('requests:lane.to_provider', { dialect, provider: detail.provider })
  if (detail.target_dialect === detail.dialect) return t('requests:lane.written_anew', { dialect })
  return t('requests:lane.translation', { dialect, target: spokenText(detail, detail.target_dialect) })
}

function nativeText({ attempts }: RequestDetail, dialect: string, t: TFunction): string {
  const sent = attempts.at(-1)?.difference
  if (!sent) return t('requests:lane.native', { dialect })
  const count = sent.fields.length + sent.more
  if (count === 0) return t('requests:lane.as_it_came', { dialect })
  return t('requests:lane.changed', { dialect, count })
}

/** What was asked for, in which dialect it came, in which it went on, and what that cost. */
export function LaneFacts({ detail }: { detail: RequestDetail }) {
  const { t } = useTranslation()
  const label = detail.lane === 'none' ? 'requests:column.dialect' : 'requests:column.lane'
  const hasLosses = detail.degraded.length > 0
  if (detail.dialect === '' && !hasLosses) return null
  return (
    <dl className="fact-list lane-facts">
      {/* Of what an earlier release is still telling live, it is not known. */}
      {detail.operation !== '' && (
        <div>
          <dt>{t('requests:operation.label')}</dt>
          <dd title={detail.operation}>{operationText(detail.operation, t)}</dd>
        </div>
      )}
      {detail.dialect !== '' && (
        <div>
          <dt>{t(label)}</dt>
          <dd title={[detail.dialect, detail.target_dialect].filter(Boolean).join(' → ')}>
            {laneText(detail, t)}
          </dd>
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
