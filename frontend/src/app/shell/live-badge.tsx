import { useTranslation } from 'react-i18next'
import type { LiveState } from '../../live/socket'
import type { Status } from '../../ui/tokens'
import { StatusIcon } from '../../ui/status-tag'

const LOOKS: Record<LiveState, { status: Status; text: string; hint: string }> = {
  connecting: { status: 'pending', text: 'shell:live.connecting', hint: 'shell:live.connecting_hint' },
  live: { status: 'ok', text: 'shell:live.live', hint: 'shell:live.live_hint' },
  polling: { status: 'degraded', text: 'shell:live.polling', hint: 'shell:live.polling_hint' },
  offline: { status: 'off', text: 'shell:live.offline', hint: 'shell:live.offline_hint' },
}

export function LiveBadge({ state }: { state: LiveState }) {
  const { t } = useTranslation()
  const look = LOOKS[state]
  return (
    <span className="live" role="status" title={t(look.hint)}>
      <StatusIcon status={look.status} />
      {t(look.text)}
    </span>
  )
}
