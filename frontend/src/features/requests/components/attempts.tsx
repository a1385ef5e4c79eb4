import { useTranslation } from 'react-i18next'
import { spanText } from '../../../i18n/spans'
import { Money } from '../../../ui/money'
import type { Attempt, RequestDetail } from '../types'
import { Missing, StatusCell } from './cells'

/** Every call to a vendor, in order, and what was passed over. */
export function Attempts({ detail }: { detail: RequestDetail }) {
  const { t } = useTranslation()
  const { attempts } = detail
  if (attempts.length === 0) return <p className="muted">{t('requests:attempts.none')}</p>
  const isPriced = attempts.some(({ cost }) => cost !== null)
  return (
    // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- what scrolls must be reachable by keyboard
    <div className="lines-scroll" role="region" aria-label={t('requests:attempts.label')} tabIndex={0}>
      <table className="lines attempts">
        <thead>
          <tr>
            <th>{t('requests:attempts.attempt')}</th>
            <th>{t('requests:attempts.target')}</th>
            <th className="only-wide">{t('requests:attempts.credential')}</th>
            <th>{t('requests:attempts.result')}</th>
            {isPriced && <th className="num">{t('requests:attempts.cost')}</th>}
            <th className="num">{t('requests:attempts.total')}</th>
          </tr>
        </thead>
        <tbody>
          {attempts.map((attempt) => (
            <tr key={attempt.attempt}>
              <td>{attempt.attempt + 1}</td>
              <td>{[attempt.provider, attempt.upstream_name].filter(Boolean).join(' · ') || '—'}</td>
              <td className="mono only-wide" title={attempt.credential}>
                {attempt.credential_suffix ? `…${attempt.credential_suffix}` : attempt.credential || '—'}
              </td>
              <td>
                <Result attempt={attempt} />
              </td>
              {isPriced && (
                <td className="num">
                  <Money amount={attempt.cost} />
                </td>
              )}
              <td className="num">
                <Took attempt={attempt} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}

function Result({ attempt }: { attempt: Attempt }) {
  const { status, http_status, error_code } = attempt
  return (
    <span className="status-line">
      <StatusCell row={{ status, http_status, error_code }} />
      {error_code && <span className="muted">{error_code}</span>}
    </span>
  )
}

function Took({ attempt: { started_ms, ended_ms } }: { attempt: Attempt }) {
  if (started_ms === null || ended_ms === null) return <Missing />
  return <>{spanText(ended_ms - started_ms)}</>
}
