import { useQuery } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { bootQuery } from '../../../api/session'
import { StatusIcon } from '../../../ui/status-tag'
import type { Status } from '../../../ui/tokens'

const POLL_MS = 2000
const LOOKS: Record<string, { status: Status; text: string }> = {
  ok: { status: 'ok', text: 'onboarding:component.ok' },
  unreachable: { status: 'pending', text: 'onboarding:component.starting' },
}
const UNKNOWN = { status: 'degraded', text: 'onboarding:component.degraded' } as const
/** Names of the products stay as they are. */
const NAMES: Record<string, string> = { postgres: 'PostgreSQL', cache: 'Valkey' }

/** What is up already, live, while somebody fills in the form. */
export function ReadinessBox() {
  const { t } = useTranslation()
  const { data: boot } = useQuery({
    ...bootQuery,
    refetchInterval: ({ state }) =>
      state.data?.components.every((component) => component.state === 'ok') ? false : POLL_MS,
  })
  const components = boot?.components ?? []
  const isReady = components.length > 0 && components.every(({ state }) => state === 'ok')
  return (
    <div className="side-box">
      <h2>{t(isReady ? 'onboarding:ready.title' : 'onboarding:starting.title')}</h2>
      <p className="muted">{t(isReady ? 'onboarding:ready.text' : 'onboarding:starting.text')}</p>
      <ul className="ready">
        {components.map(({ name, state }) => {
          const look = LOOKS[state] ?? UNKNOWN
          return (
            <li key={name}>
              <StatusIcon status={look.status} />
              <span>{NAMES[name] ?? name}</span>
              <span className="muted">{t(look.text)}</span>
            </li>
          )
        })}
      </ul>
    </div>
  )
}
