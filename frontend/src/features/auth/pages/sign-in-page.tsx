import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { useNavigate, useSearchParams } from 'react-router'
import type { AuthOutcome } from '../../../api/auth'
import { bootQuery, forgetSession } from '../../../api/session'
import { EntryPage } from '../../../ui/entry-page'
import { CodeStep } from '../components/code-step'
import { PasswordStep } from '../components/password-step'
import { YardSide } from '../components/yard-side'
import { isServerPage, safeNext } from '../next'

export function SignInPage() {
  const { t } = useTranslation()
  const [params] = useSearchParams()
  const go = useNavigate()
  const client = useQueryClient()
  const { data: boot } = useQuery(bootQuery)
  const [step, setStep] = useState<'password' | 'code'>('password')
  const answer = (outcome: AuthOutcome) => {
    if (!outcome.authenticated) {
      setStep(outcome.pending === 'mfa_authenticate' ? 'code' : 'password')
      return
    }
    forgetSession(client)
    const next = safeNext(params.get('next'))
    if (isServerPage(next)) window.location.assign(next)
    else void go(next, { replace: true })
  }
  return (
    <EntryPage
      title={t(step === 'code' ? 'auth:code_title' : 'auth:sign_in')}
      lede={step === 'code' ? t('auth:code_lede') : t('auth:lede', { host: window.location.host })}
      side={<YardSide />}
      footer={boot && <Readiness states={boot.components.map(({ state }) => state)} />}
    >
      {boot?.setup_required === true && (
        <p className="note">
          {t('auth:setup_required')} <code>{'switchyard setup-link'}</code>
        </p>
      )}
      {step === 'code' ? (
        <CodeStep onAnswer={answer} onBack={() => setStep('password')} />
      ) : (
        <PasswordStep email={params.get('email') ?? ''} onAnswer={answer} />
      )}
    </EntryPage>
  )
}

function Readiness({ states }: { states: string[] }) {
  const { t } = useTranslation()
  const waiting = states.filter((state) => state !== 'ok').length
  return <span>{waiting === 0 ? t('auth:ready') : t('auth:not_ready', { count: waiting })}</span>
}
