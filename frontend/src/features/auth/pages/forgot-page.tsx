import { useMutation, useQuery } from '@tanstack/react-query'
import { Button, Form, Input } from 'antd'
import { useTranslation } from 'react-i18next'
import { Link } from 'react-router'
import { bootQuery } from '../../../api/session'
import { EntryPage } from '../../../ui/entry-page'
import { EntryField } from '../../../ui/form/entry-field'
import { Loading } from '../../../ui/loading'
import { Refusal, useWait } from '../components/refusal'
import { YardSide } from '../components/yard-side'
import { requestResetMutation } from '../queries'

export function ForgotPage() {
  const { t } = useTranslation()
  const { data: boot } = useQuery(bootQuery)
  const send = useMutation(requestResetMutation)
  const wait = useWait(send.error, send.submittedAt)
  const back = <Link to="/login">{t('auth:back')}</Link>
  if (!boot) return <Loading />
  if (!boot.sign_in.email_reset) {
    return (
      <EntryPage title={t('auth:forgot.title')} lede={t('auth:forgot.no_mail')} side={<YardSide />}>
        <p>
          <code>{'switchyard users reset EMAIL'}</code>
        </p>
        {back}
      </EntryPage>
    )
  }
  if (send.isSuccess) {
    return (
      <EntryPage title={t('auth:forgot.sent_title')} lede={t('auth:forgot.sent')} side={<YardSide />}>
        {back}
      </EntryPage>
    )
  }
  return (
    <EntryPage title={t('auth:forgot.title')} lede={t('auth:forgot.lede')} side={<YardSide />}>
      <Form<{ email: string }>
        layout="vertical"
        requiredMark={false}
        onFinish={(values) => send.mutate(values)}
      >
        <EntryField
          name="email"
          label={t('auth:email')}
          rules={[{ required: true, message: t('auth:email_required') }]}
        >
          <Input autoComplete="username" inputMode="email" autoCapitalize="none" spellCheck={false} />
        </EntryField>
        <Refusal error={send.error} wait={wait} />
        <Button
          type="primary"
          htmlType="submit"
          className="wide"
          loading={send.isPending}
          disabled={wait > 0}
        >
          {t('auth:forgot.send')}
        </Button>
      </Form>
      <div className="entry-links">{back}</div>
    </EntryPage>
  )
}
