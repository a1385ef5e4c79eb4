import { useMutation, useQuery } from '@tanstack/react-query'
import { Button, Form, Input } from 'antd'
import { useTranslation } from 'react-i18next'
import { Link } from 'react-router'
import type { AuthOutcome } from '../../../api/auth'
import { bootQuery } from '../../../api/session'
import { EntryField } from '../../../ui/form/entry-field'
import { signInMutation } from '../queries'
import { Refusal, useWait } from './refusal'

interface Values {
  email: string
  password: string
}

export function PasswordStep({
  email,
  onAnswer,
}: {
  email: string
  onAnswer: (outcome: AuthOutcome) => void
}) {
  const { t } = useTranslation()
  const { data: boot } = useQuery(bootQuery)
  const [form] = Form.useForm<Values>()
  const send = useMutation({
    ...signInMutation,
    onSuccess: onAnswer,
    onError: () => form.resetFields(['password']),
  })
  const wait = useWait(send.error, send.submittedAt)
  return (
    <Form<Values>
      form={form}
      layout="vertical"
      requiredMark={false}
      initialValues={{ email, password: '' }}
      onFinish={(values) => send.mutate(values)}
    >
      <EntryField
        name="email"
        label={t('auth:email')}
        rules={[{ required: true, message: t('auth:email_required') }]}
      >
        <Input autoComplete="username" inputMode="email" autoCapitalize="none" spellCheck={false} />
      </EntryField>
      <div className="field-head">
        <label htmlFor="password">{t('auth:password')}</label>
        {boot?.sign_in.email_reset === true && <Link to="/forgot">{t('auth:forgot_link')}</Link>}
      </div>
      <EntryField name="password" rules={[{ required: true, message: t('auth:password_required') }]}>
        <Input.Password autoComplete="current-password" />
      </EntryField>
      <Refusal error={send.error} wait={wait} />
      <Button type="primary" htmlType="submit" className="wide" loading={send.isPending} disabled={wait > 0}>
        {t('auth:sign_in')}
      </Button>
    </Form>
  )
}
