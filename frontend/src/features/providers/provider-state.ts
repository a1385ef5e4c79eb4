// How back-ends and their credentials are doing, as icon and word.
import type { Status } from '../../ui/tokens'
import type { Cell, CredentialState, Provider } from './types'

export type ShownState = Provider['status']['state'] | 'draining'

interface Look {
  status: Status
  text: string
}

export const PROVIDER_LOOK: Record<ShownState, Look> = {
  healthy: { status: 'ok', text: 'providers:state.healthy' },
  degraded: { status: 'degraded', text: 'providers:state.degraded' },
  down: { status: 'down', text: 'providers:state.down' },
  unknown: { status: 'pending', text: 'providers:state.unknown' },
  draining: { status: 'pending', text: 'providers:state.draining' },
  disabled: { status: 'off', text: 'providers:state.disabled' },
}

export const CREDENTIAL_LOOK: Record<CredentialState, Look> = {
  active: { status: 'ok', text: 'providers:credential_state.active' },
  disabled_auto: { status: 'degraded', text: 'providers:credential_state.disabled_auto' },
  quarantined: { status: 'down', text: 'providers:credential_state.quarantined' },
  exhausted: { status: 'down', text: 'providers:credential_state.exhausted' },
  needs_confirmation: { status: 'pending', text: 'providers:credential_state.needs_confirmation' },
  disabled: { status: 'off', text: 'providers:credential_state.disabled' },
}

/** What a person switched wins over what was measured. */
export function shownState(row: Pick<Provider, 'enabled' | 'draining' | 'status'>): ShownState {
  if (!row.enabled) return 'disabled'
  if (row.draining) return 'draining'
  return row.status.state
}

/** A tile says who somebody is by the first letter of the name, whatever the script. */
export function monogram(name: string): string {
  return Array.from(name.trim())[0]?.toUpperCase() ?? '?'
}

export function countCells(cells: readonly Cell[]): { good: number; degraded: number; down: number } {
  const count = (wanted: Cell) => cells.filter((cell) => cell === wanted).length
  return { good: count(2), degraded: count(1), down: count(0) }
}
