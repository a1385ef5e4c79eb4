import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { Button, Form, Input } from 'antd'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { useNavigate } from 'react-router'
import { dropOneTimeToken, oneTimeToken } from '../../../api/one-time-token'
import { isProblem } from '../../../api/problem'
import { bootQuery, forgetSession } from '../../../api/session'
import { rememberTenant } from '../../../api/tenant'
import { asLanguage } from '../../../i18n/index'
import { EntryPage } from '../../../ui/entry-page'
import { EntryField } from '../../../ui/form/entry-field'
import { browserZone } from '../../../ui/form/locale-options'
import { showServerErrors } from '../../../ui/form/server-errors'
import { problemSentence } from '../../../ui/problem-text'
import { LocaleLine } from '../components/locale-line'
import { DeadSetup, type DeadReason } from '../components/dead-setup'
import { Stepper } from '../components/stepper'
import { ReadinessBox } from '../components/readiness-box'
import { setupMutation, type SetupValues } from '../queries'

const MIN_PASSWORD = 10
const DEAD: Record<string, DeadReason> = {
  setup_token_used: 'used',
  setup_token_expired: 'expired',
  setup_token_invalid: 'invalid',
}

export function SetupPage() {
  const [token] = useState(() => oneTimeToken('/setup'))
  const { data: boot } = useQuery(bootQuery)
  if (boot && !boot.setup_required) return <DeadSetup reason="done" />
  if (token === null) return <DeadSetup reason="missing" />
  return <SetupForm token={token} />
}

function deadReason(error: unknown): DeadReason | null {
  if (!isProblem(error)) return null
  if (error.status === 404) return 'done'
  return DEAD[error.code] ?? (error.status === 410 ? 'expired' : null)
}

function SetupForm({ token }: { token: string }) {
  const { t, i18n } = useTranslation()
  const go = useNavigate()
  const client = useQueryClient()
  const [form] = Form.useForm<SetupValues>()
  const initial: SetupValues = {
    email: '',
    password: '',
    tenant: '',
    locale: asLanguage(i18n.language) ?? 'en',
    tz: browserZone(),
    currency: 'USD',
  }
  const create = useMutation({
    ...setupMutation,
    onSuccess: async ({ tenant }) => {
      dropOneTimeToken()
      rememberTenant(tenant.slug)
      forgetSession(client)
      await client.invalidateQueries({ queryKey: ['boot'], refetchType: 'none' })
      await go(`/t/${tenant.slug}/welcome`, { replace: true })
    },
    onError: (error) => void showServerErrors(form, error, t),
  })
  const dead = deadReason(create.error)
  if (dead) return <DeadSetup reason={dead} />
  const isAtField = isProblem(create.error) && create.error.fields.length > 0
  return (
    <EntryPage
      title={t('onboarding:setup.title')}
      lede={t('onboarding:setup.lede')}
      side={<ReadinessBox />}
      above={<Stepper now={1} />}
      footer={<span>{t('onboarding:setup.once')}</span>}
    >
      <Form<SetupValues>
        form={form}
        layout="vertical"
        requiredMark={false}
        initialValues={initial}
        scrollToFirstError={{ focus: true }}
        onFinish={(values) => create.mutate({ ...initial, ...values, token })}
      >
        <EntryField
          name="email"
          label={t('onboarding:email')}
          rules={[{ required: true, type: 'email', message: t('onboarding:email_invalid') }]}
        >
          <Input autoComplete="username" inputMode="email" autoCapitalize="none" spellCheck={false} />
        </EntryField>
        <EntryField
          name="password"
          label={t('onboarding:password')}
          extra={t('onboarding:password_hint')}
          rules={[{ required: true, min: MIN_PASSWORD, message: t('onboarding:password_short') }]}
        >
          <Input.Password autoComplete="new-password" />
        </EntryField>
        <EntryField
          name="tenant"
          label={t('onboarding:setup.tenant')}
          extra={t('onboarding:setup.tenant_hint')}
          rules={[{ required: true, whitespace: true, message: t('onboarding:setup.tenant_required') }]}
        >
          <Input autoComplete="organization" />
        </EntryField>
        {create.isError && !isAtField && (
          <p className="form-error" role="alert">
            {problemSentence(create.error, t)}
          </p>
        )}
        <Button type="primary" htmlType="submit" className="wide" loading={create.isPending}>
          {t('onboarding:setup.create')}
        </Button>
        <LocaleLine form={form} initial={initial} />
      </Form>
    </EntryPage>
  )
}
