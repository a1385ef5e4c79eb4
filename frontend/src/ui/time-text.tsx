import { exactTime, shortTime } from '../i18n/format'
import { useZone } from './use-zone'

interface Props {
  at: string | null | undefined
  /** Shown, and explained on hover, when there is no time. */
  missing?: string
}

export function TimeText({ at, missing }: Props) {
  const zone = useZone()
  if (!at) {
    return (
      <span className="muted" title={missing}>
        {missing ?? '—'}
      </span>
    )
  }
  const now = new Date()
  return (
    <time dateTime={at} title={exactTime(at, zone, now)}>
      {shortTime(at, zone, now)}
    </time>
  )
}
