import type { TFunction } from 'i18next'

// Why a back-end or a credential is as it is; what has no sentence here speaks for itself.
const REASONS: Record<string, string> = {
  disabled: '',
  draining: '',
  simulated: 'providers:reason.simulated',
  no_credential: 'providers:reason.no_credential',
  no_usable_credential: 'providers:reason.no_usable_credential',
  not_checked: 'providers:reason.not_checked',
  probe_failed: 'providers:reason.probe_failed',
  credentials_out: 'providers:reason.credentials_out',
}

interface Counts {
  total: number
  healthy: number
}

export function reasonText(reason: string, t: TFunction, { total, healthy }: Counts): string {
  const sentence = REASONS[reason]
  if (sentence === undefined) return reason
  return sentence === '' ? '' : t(sentence, { count: total - healthy, total })
}
