import { useMutation } from '@tanstack/react-query'
import { Button } from 'antd'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { useNavigate } from 'react-router'
import { useMe } from '../../../api/session'
import type { ApiKeyWithSecret } from '../../../api/types'
import { moneyText } from '../../../i18n/format'
import { EntryPage } from '../../../ui/entry-page'
import { KeySheet } from '../../../ui/key-sheet'
import { clientSnippets, environment } from '../../../ui/key-snippets'
import { problemSentence } from '../../../ui/problem-text'
import { FirstRequest } from '../components/first-request'
import { Stepper } from '../components/stepper'
import { VendorKey } from '../components/vendor-key'
import { MOCK_MODEL } from '../first-run'
import { firstKeyMutation } from '../queries'

/** After the owner: a back-end to ask, a key to ask with, and the first answer. */
export function WelcomePage() {
  const { t } = useTranslation()
  const me = useMe()
  const go = useNavigate()
  const [model, setModel] = useState(MOCK_MODEL)
  const [issued, setIssued] = useState<ApiKeyWithSecret | null>(null)
  const create = useMutation({ ...firstKeyMutation, onSuccess: setIssued })
  const proceed = (next: string) => {
    setModel(next)
    create.mutate({ name: t('onboarding:key.name'), owner: me.user.id })
  }
  const leave = () => {
    setIssued(null)
    void go('/', { replace: true })
  }
  return (
    <EntryPage
      title={t('onboarding:connect.title')}
      lede={t('onboarding:connect.lede')}
      side={<MockSide />}
      above={<Stepper now={issued ? 3 : 2} />}
      footer={
        <Button type="link" size="small" onClick={leave}>
          {t('onboarding:skip')}
        </Button>
      }
    >
      <Button type="primary" className="wide" loading={create.isPending} onClick={() => proceed(MOCK_MODEL)}>
        {t('onboarding:connect.mock')}
      </Button>
      {create.isError && (
        <p className="form-error" role="alert">
          {problemSentence(create.error, t)}
        </p>
      )}
      <p className="or">{t('onboarding:connect.or')}</p>
      <VendorKey isBusy={create.isPending} onConnected={proceed} />
      {issued?.key && <Sheet issued={{ ...issued, key: issued.key }} model={model} onDone={leave} />}
    </EntryPage>
  )
}

interface SheetProps {
  issued: ApiKeyWithSecret & { key: string }
  model: string
  onDone: () => void
}

function Sheet({ issued, model, onDone }: SheetProps) {
  const { t } = useTranslation()
  const me = useMe()
  const base = me.server.api_base
  const facts = [
    t('onboarding:key.models'),
    t('onboarding:key.budget', { amount: moneyText(issued.monthly_budget ?? '0', me.currency ?? 'USD') }),
    t('onboarding:key.no_expiry'),
  ]
  return (
    <KeySheet
      name={issued.name}
      secret={issued.key}
      facts={facts}
      env={environment(issued.key, base)}
      snippets={clientSnippets({ secret: issued.key, base, model })}
      onDone={onDone}
    >
      <FirstRequest model={model} />
    </KeySheet>
  )
}

/** What answers when nothing is connected. */
function MockSide() {
  const { t } = useTranslation()
  const facts = [
    [t('onboarding:mock.network'), t('onboarding:mock.none')],
    [t('onboarding:mock.key'), t('onboarding:mock.none')],
    [t('onboarding:mock.cost'), t('onboarding:mock.none')],
    [t('onboarding:mock.dialects'), 'OpenAI, Anthropic, Gemini, Bedrock'],
  ] as const
  return (
    <div className="side-box">
      <h2>{t('onboarding:mock.title')}</h2>
      <p className="muted">{t('onboarding:mock.text')}</p>
      <dl className="fact-list">
        {facts.map(([label, value]) => (
          <div key={label}>
            <dt>{label}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
    </div>
  )
}
