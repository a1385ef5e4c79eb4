import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Link } from 'react-router'
import { oneTimeToken } from '../../../api/one-time-token'
import { isProblem } from '../../../api/problem'
import { EntryPage } from '../../../ui/entry-page'
import { Loading } from '../../../ui/loading'
import { ProblemView } from '../../../ui/problem'
import { AcceptForm } from '../components/accept-form'
import { ReadinessBox } from '../components/readiness-box'
import { inviteQuery } from '../queries'

const DEAD: Record<string, string> = {
  invite_used: 'onboarding:invite.used',
  invite_expired: 'onboarding:invite.expired',
  invite_revoked: 'onboarding:invite.revoked',
  invite_not_found: 'onboarding:invite.not_found',
}

export function InvitePage() {
  const [token] = useState(() => oneTimeToken('/accept-invite'))
  if (token === null) return <DeadInvite code="invite_not_found" />
  return <Invite token={token} />
}

function DeadInvite({ code }: { code: string }) {
  const { t } = useTranslation()
  return (
    <EntryPage
      title={t(DEAD[code] ?? 'onboarding:invite.not_found')}
      lede={t('onboarding:invite.dead_text')}
      side={<ReadinessBox />}
    >
      <Link to="/login">{t('onboarding:sign_in')}</Link>
    </EntryPage>
  )
}

function Invite({ token }: { token: string }) {
  const { t } = useTranslation()
  const invite = useQuery(inviteQuery(token))
  const { error, data, refetch } = invite
  if (isProblem(error) && (error.code in DEAD || error.status === 404 || error.status === 410)) {
    return <DeadInvite code={error.code} />
  }
  if (!data) {
    return (
      <EntryPage title={t('onboarding:invite.title_loading')} side={<ReadinessBox />}>
        {error ? (
          <ProblemView error={error} title={t('onboarding:invite.unread')} onRetry={() => void refetch()} />
        ) : (
          <Loading rows={4} />
        )}
      </EntryPage>
    )
  }
  return (
    <EntryPage
      title={t('onboarding:invite.title', { tenant: data.tenant.name })}
      lede={t('onboarding:invite.lede', { email: data.email })}
      side={<ReadinessBox />}
    >
      <AcceptForm token={token} invite={data} />
    </EntryPage>
  )
}
