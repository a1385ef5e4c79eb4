import { useMutation, useQueryClient } from '@tanstack/react-query'
import { Button, Form, Input } from 'antd'
import { useTranslation } from 'react-i18next'
import { useMe } from '../../../api/session'
import { Card } from '../../../ui/card'
import { showServerErrors } from '../../../ui/form/server-errors'
import { problemSentence } from '../../../ui/problem-text'
import { passwordMutation } from '../queries'
import { notify } from '../../../ui/notify'

const MIN_LENGTH = 10

interface Values {
  current_password: string
  new_password: string
}

export function PasswordCard() {
  const { t } = useTranslation()
  const { user } = useMe()
  const client = useQueryClient()
  const [form] = Form.useForm<Values>()
  const change = useMutation({
    ...passwordMutation,
    onSuccess: () => {
      form.resetFields()
      void client.invalidateQueries({ queryKey: ['account'] })
      notify.done(t('account:password.done'))
    },
    onError: (error) => {
      if (!showServerErrors(form, error, t)) notify.failed(problemSentence(error, t))
    },
  })
  return (
    <Card title={t('account:password.title')}>
      <Form<Values>
        form={form}
        layout="vertical"
        requiredMark={false}
        className="settings-form"
        initialValues={{ current_password: '', new_password: '' }}
        onFinish={(values) => change.mutate(values)}
      >
        <input
          type="email"
          className="off-screen"
          autoComplete="username"
          value={user.email}
          readOnly
          tabIndex={-1}
          aria-hidden="true"
        />
        <Form.Item
          name="current_password"
          label={t('account:password.current')}
          rules={[{ required: true, message: t('account:password.current_required') }]}
        >
          <Input.Password autoComplete="current-password" />
        </Form.Item>
        <Form.Item
          name="new_password"
          label={t('account:password.next')}
          extra={t('account:password.hint')}
          rules={[{ required: true, min: MIN_LENGTH, message: t('account:password.short') }]}
        >
          <Input.Password autoComplete="new-password" />
        </Form.Item>
        <Button htmlType="submit" loading={change.isPending}>
          {t('account:password.change')}
        </Button>
      </Form>
    </Card>
  )
}
