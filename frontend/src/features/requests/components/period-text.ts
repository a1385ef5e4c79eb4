import type { Zone } from '../../../i18n/format'

/** `Nov 20, 13:06 – 13:16`, in the person's zone. */
export function periodText({ from, to }: { from: string; to: string }, zone: Zone): string {
  const format = new Intl.DateTimeFormat(zone.language, {
    month: 'short',
    day: 'numeric',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    hourCycle: 'h23',
    timeZone: zone.tz,
  })
  return format.formatRange(new Date(from), new Date(to))
}
