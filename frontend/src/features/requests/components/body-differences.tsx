import type { TFunction } from 'i18next'
import { useTranslation } from 'react-i18next'
import { wholeNumber } from '../../../i18n/format'
import { useZone } from '../../../ui/use-zone'
import type { Attempt, BodyChange, BodyDifference } from '../types'

/** Each attempt was sent a body of its own; of those that were sent the same, once. */
export function BodyDifferences({ attempts }: { attempts: readonly Attempt[] }) {
  const { t } = useTranslation()
  if (attempts.length === 0) return <p className="part-text">{t('requests:attempts.none')}</p>
  const groups = alike(attempts)
  return (
    <section aria-label={t('requests:sent.title')} className="sent">
      <h3 className="sect">{t('requests:sent.title')}</h3>
      {groups.map((group) => (
        <div key={group.first.attempt} className="sent-part">
          {groups.length > 1 && <h4>{groupText(group, t)}</h4>}
          <Difference told={group.first.difference} />
        </div>
      ))}
      <p className="muted receipt-note part-text">{t('requests:sent.note')}</p>
    </section>
  )
}

interface Group {
  first: Attempt
  last: Attempt
}

const sent = ({ provider, upstream_name, difference }: Attempt) =>
  JSON.stringify([provider, upstream_name, difference])

/** Attempts that follow each other with the same body for the same target. */
function alike(attempts: readonly Attempt[]): Group[] {
  const groups: Group[] = []
  for (const attempt of attempts) {
    const group = groups.at(-1)
    if (group && sent(group.last) === sent(attempt)) group.last = attempt
    else groups.push({ first: attempt, last: attempt })
  }
  return groups
}

function groupText({ first, last }: Group, t: TFunction): string {
  const from = first.attempt + 1
  const name =
    first === last
      ? t('requests:receipt.attempt', { attempt: from })
      : t('requests:sent.attempts', { from, to: last.attempt + 1 })
  return [name, first.provider, first.upstream_name].filter(Boolean).join(' · ')
}

function Difference({ told }: { told: BodyDifference | null }) {
  const { t } = useTranslation()
  const { language } = useZone()
  if (told === null) return <p className="part-text muted">{t('requests:sent.unknown')}</p>
  if (told.fields.length === 0) return <p className="part-text">{t('requests:sent.same')}</p>
  const more = wholeNumber(told.more, language)
  return (
    <div className="diff-scroll">
      <table className="lines diff sent-fields" aria-label={t('requests:sent.title')}>
        <thead>
          <tr>
            <th scope="col">{t('requests:sent.field')}</th>
            <th scope="col">{t('requests:sent.client')}</th>
            <th scope="col">{t('requests:sent.provider')}</th>
          </tr>
        </thead>
        <tbody>
          {told.fields.map((change) => (
            <tr key={change.field}>
              <th scope="row" className="mono">
                {change.field}
              </th>
              <td>
                <Side side={change.client} other={null} />
              </td>
              <td>
                <Side side={change.provider} other={change.client} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      {told.more > 0 && <p className="muted">{t('requests:sent.more', { count: told.more, shown: more })}</p>}
    </div>
  )
}

type SideOf = BodyChange['client']

/** A value where there is one, else how long it is; two of one length are told apart in words. */
function Side({ side, other }: { side: SideOf; other: SideOf }) {
  const { t } = useTranslation()
  const { language } = useZone()
  if (side === null) return <span className="muted">{t('requests:sent.absent')}</span>
  if (side.value !== null)
    return (
      <>
        <span className="mono">{side.value}</span>
        {side.bytes === null && <span className="muted"> {t('requests:sent.in_path')}</span>}
      </>
    )
  const count = side.bytes ?? 0
  const shown = wholeNumber(count, language)
  const isAlike = other !== null && other.value === null && other.bytes === side.bytes
  return <>{t(isAlike ? 'requests:sent.other_bytes' : 'requests:sent.bytes', { count, shown })}</>
}
