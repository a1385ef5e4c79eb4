import { useMutation, useQueryClient } from '@tanstack/react-query'
import { Button, Form, Input } from 'antd'
import { useTranslation } from 'react-i18next'
import { useNavigate } from 'react-router'
import { signOut } from '../../../api/auth'
import { dropOneTimeToken } from '../../../api/one-time-token'
import { isProblem } from '../../../api/problem'
import { forgetSession } from '../../../api/session'
import { rememberTenant } from '../../../api/tenant'
import { EntryField } from '../../../ui/form/entry-field'
import { showServerErrors } from '../../../ui/form/server-errors'
import { problemSentence } from '../../../ui/problem-text'
import { acceptMutation } from '../queries'

interface Values {
  display_name?: string
  password?: string
}

interface Props {
  token: string
  invite: { email: string; user_exists: boolean }
}

const MIN_PASSWORD = 10

/** A new person chooses name and password; one with an account joins signed in as the invited address. */
export function AcceptForm({ token, invite }: Props) {
  const { t } = useTranslation()
  const go = useNavigate()
  const client = useQueryClient()
  const [form] = Form.useForm<Values>()
  const accept = useMutation({
    ...acceptMutation,
    onSuccess: async ({ tenant }) => {
      dropOneTimeToken()
      rememberTenant(tenant.slug)
      forgetSession(client)
      await go('/', { replace: true })
    },
    onError: (error) => void showServerErrors(form, error, t),
  })
  const mustSignIn = isProblem(accept.error) && accept.error.code === 'sign_in_required'
  const isAtField = isProblem(accept.error) && accept.error.fields.length > 0
  const leave = useMutation({
    mutationKey: ['accept-invite', 'sign-out'],
    mutationFn: signOut,
    onSuccess: () => {
      forgetSession(client)
      if (!invite.user_exists) accept.mutate({ token, ...form.getFieldsValue() })
      else
        void go(
          `/login?next=${encodeURIComponent('/accept-invite')}&email=${encodeURIComponent(invite.email)}`,
        )
    },
  })
  return (
    <Form<Values>
      form={form}
      layout="vertical"
      requiredMark={false}
      scrollToFirstError={{ focus: true }}
      onFinish={(values) => accept.mutate({ token, ...values })}
    >
      {!invite.user_exists && (
        <>
          <EntryField name="display_name" label={t('onboarding:name')}>
            <Input autoComplete="name" />
          </EntryField>
          <EntryField
            name="password"
            label={t('onboarding:password')}
            extra={t('onboarding:password_hint')}
            rules={[{ required: true, min: MIN_PASSWORD, message: t('onboarding:password_short') }]}
          >
            <Input.Password autoComplete="new-password" />
          </EntryField>
        </>
      )}
      {invite.user_exists && !mustSignIn && <p className="note">{t('onboarding:invite.exists')}</p>}
      {mustSignIn && (
        <p className="note">
          {t(invite.user_exists ? 'onboarding:invite.sign_in_first' : 'onboarding:invite.other', {
            email: invite.email,
          })}
        </p>
      )}
      {accept.isError && !mustSignIn && !isAtField && (
        <p className="form-error" role="alert">
          {problemSentence(accept.error, t)}
        </p>
      )}
      {mustSignIn ? (
        <Button type="primary" className="wide" loading={leave.isPending} onClick={() => leave.mutate()}>
          {t(invite.user_exists ? 'onboarding:sign_in' : 'onboarding:invite.sign_out')}
        </Button>
      ) : (
        <Button type="primary" htmlType="submit" className="wide" loading={accept.isPending}>
          {t('onboarding:invite.join')}
        </Button>
      )}
    </Form>
  )
}
