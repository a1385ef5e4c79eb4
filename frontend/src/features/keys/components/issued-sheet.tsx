import { useTranslation } from 'react-i18next'
import { useMe } from '../../../api/session'
import type { ApiKeyWithSecret } from '../../../api/types'
import { moneyText } from '../../../i18n/format'
import { KeySheet, type KeySheetSnippet } from '../../../ui/key-sheet'
import { clientSnippets, environment } from '../../../ui/key-snippets'
import { callable } from '../key-state'
import { modelsText } from './key-columns'

interface Props {
  issued: ApiKeyWithSecret & { key: string }
  onDone: () => void
}

/** What can be done with the key at once: ask a model, or with a management key call the management API. */
function snippets(issued: Props['issued'], base: string): KeySheetSnippet[] {
  const { key: secret } = issued
  if (issued.kind !== 'management')
    return clientSnippets({ secret, base, model: callable(issued.allowed_models) })
  const env = { key: 'env', label: '.env', code: environment(secret, base).trimEnd() }
  const { origin } = window.location
  const curl = `curl ${origin}/api/v1/keys \\\n  -H "Authorization: Bearer ${secret}"`
  const create = `curl ${origin}/api/v1/keys \\\n  -H "Authorization: Bearer ${secret}" \\\n  -H "Content-Type: application/json" \\\n  -d '{"name": "ci"}'`
  return [
    { key: 'list', label: 'cURL', code: curl },
    { key: 'create', label: 'cURL POST', code: create },
    env,
  ]
}

export function IssuedSheet({ issued, onDone }: Props) {
  const { t } = useTranslation()
  const me = useMe()
  // A management key calls this very origin; a client key the address SDKs are pointed at.
  const base = issued.kind === 'management' ? window.location.origin : me.server.api_base
  const facts = [
    t('keys:sheet.models', { models: modelsText(issued, t) }),
    issued.monthly_budget
      ? t('keys:sheet.budget', { amount: moneyText(issued.monthly_budget, me.currency ?? 'USD') })
      : t('keys:sheet.no_budget'),
    issued.expires_at
      ? t('keys:sheet.expires', { date: issued.expires_at.slice(0, 10) })
      : t('keys:no_expiry'),
    t('keys:sheet.base', { base }),
  ]
  return (
    <KeySheet
      name={issued.name}
      secret={issued.key}
      facts={facts}
      env={environment(issued.key, base)}
      snippets={snippets(issued, base)}
      onDone={onDone}
    />
  )
}
