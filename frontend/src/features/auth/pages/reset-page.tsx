import { useMutation } from '@tanstack/react-query'
import { Button, Form, Input } from 'antd'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Link } from 'react-router'
import { isProblem } from '../../../api/problem'
import { dropOneTimeToken, oneTimeToken } from '../../../api/one-time-token'
import { EntryPage } from '../../../ui/entry-page'
import { EntryField } from '../../../ui/form/entry-field'
import { showServerErrors } from '../../../ui/form/server-errors'
import { Refusal, useWait } from '../components/refusal'
import { YardSide } from '../components/yard-side'
import { resetMutation } from '../queries'

const MIN_LENGTH = 10
const DEAD_LINK = new Set(['invalid_password_reset', 'reset_token_used', 'reset_token_expired', 'http_410'])

export function ResetPage() {
  const { t } = useTranslation()
  const [token] = useState(() => oneTimeToken('/reset'))
  const [form] = Form.useForm<{ password: string }>()
  const save = useMutation({
    ...resetMutation,
    onSuccess: dropOneTimeToken,
    onError: (error) => void showServerErrors(form, error, t),
  })
  const wait = useWait(save.error, save.submittedAt)
  const isDead = token === null || (isProblem(save.error) && DEAD_LINK.has(save.error.code))
  const toSignIn = <Link to="/login">{t('auth:to_sign_in')}</Link>
  if (save.isSuccess) {
    return (
      <EntryPage title={t('auth:reset.done_title')} lede={t('auth:reset.done')} side={<YardSide />}>
        {toSignIn}
      </EntryPage>
    )
  }
  if (isDead) {
    return (
      <EntryPage title={t('auth:reset.dead_title')} lede={t('auth:reset.dead')} side={<YardSide />}>
        {toSignIn}
      </EntryPage>
    )
  }
  const hasFieldError = isProblem(save.error) && save.error.fields.length > 0
  return (
    <EntryPage title={t('auth:reset.title')} lede={t('auth:reset.lede')} side={<YardSide />}>
      <Form
        form={form}
        layout="vertical"
        requiredMark={false}
        onFinish={({ password }) => save.mutate({ key: token, password })}
      >
        <EntryField
          name="password"
          label={t('auth:new_password')}
          extra={t('auth:password_hint')}
          rules={[{ required: true, min: MIN_LENGTH, message: t('auth:password_short') }]}
        >
          <Input.Password autoComplete="new-password" />
        </EntryField>
        {!hasFieldError && <Refusal error={save.error} wait={wait} />}
        <Button type="primary" htmlType="submit" className="wide" loading={save.isPending}>
          {t('auth:reset.save')}
        </Button>
      </Form>
    </EntryPage>
  )
}
