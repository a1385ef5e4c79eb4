import { useTranslation } from 'react-i18next'
import { Link } from 'react-router'
import { EntryPage } from '../../../ui/entry-page'
import { CodeBlock } from '../../../ui/code-block'
import { ReadinessBox } from './readiness-box'

export type DeadReason = 'used' | 'expired' | 'invalid' | 'missing' | 'done'

const TITLES: Record<DeadReason, string> = {
  used: 'onboarding:dead.used',
  expired: 'onboarding:dead.expired',
  invalid: 'onboarding:dead.invalid',
  missing: 'onboarding:dead.missing',
  done: 'onboarding:dead.done',
}

const COMMAND = 'switchyard setup-link'

/** A set-up link that opens nothing, and the command that makes a new one. */
export function DeadSetup({ reason }: { reason: DeadReason }) {
  const { t } = useTranslation()
  const isDone = reason === 'done'
  return (
    <EntryPage
      title={t(TITLES[reason])}
      lede={t(isDone ? 'onboarding:dead.done_text' : 'onboarding:dead.text')}
      side={<ReadinessBox />}
    >
      {isDone ? (
        <Link to="/login">{t('onboarding:sign_in')}</Link>
      ) : (
        <CodeBlock code={COMMAND} label={t('onboarding:dead.command')} />
      )}
    </EntryPage>
  )
}
