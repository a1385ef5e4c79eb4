import { useTranslation } from 'react-i18next'
import { useNavigate } from 'react-router'
import { Button } from 'antd'
import { useEffect, useRef } from 'react'
import { useMe } from '../../../api/session'
import { PageHeader } from '../../../ui/page-header'
import { MfaCard } from '../components/mfa-card'
import { PasswordCard } from '../components/password-card'
import { ProfileCard } from '../components/profile-card'
import { SessionsCard } from '../components/sessions-card'

export function AccountPage() {
  const { t } = useTranslation()
  const me = useMe()
  const go = useNavigate()
  const wasRequired = useRef(me.mfa_required)
  useEffect(() => {
    // Enrolled because they had to: on to what they came for.
    if (wasRequired.current && !me.mfa_required) void go('/')
  }, [go, me.mfa_required])
  if (me.mfa_required) {
    return (
      <>
        <PageHeader title={t('account:mfa.required_title')} summary={t('account:mfa.required_text')} />
        <MfaCard />
      </>
    )
  }
  return (
    <>
      <PageHeader
        title={t('account:title')}
        summary={t('account:summary')}
        actions={
          me.tenant && (
            <Button onClick={() => void go('/')}>{t('account:back', { tenant: me.tenant.name })}</Button>
          )
        }
      />
      {!me.tenant && <p className="note">{t('account:no_tenant')}</p>}
      <div className="account-grid">
        <ProfileCard />
        <div className="stack">
          <MfaCard />
          <PasswordCard />
        </div>
        <SessionsCard />
      </div>
    </>
  )
}
