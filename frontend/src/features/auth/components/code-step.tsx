import { useMutation } from '@tanstack/react-query'
import { Button, Form, Input, type InputRef } from 'antd'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { AuthOutcome } from '../../../api/auth'
import { EntryField } from '../../../ui/form/entry-field'
import { useFocus } from '../../../ui/use-focus'
import { secondFactorMutation } from '../queries'
import { Refusal, useWait } from './refusal'

interface Props {
  onAnswer: (outcome: AuthOutcome) => void
  onBack: () => void
}

export function CodeStep({ onAnswer, onBack }: Props) {
  const { t } = useTranslation()
  const field = useFocus<InputRef>()
  const [isRecovery, setRecovery] = useState(false)
  const [form] = Form.useForm<{ code: string }>()
  const send = useMutation({
    ...secondFactorMutation,
    onSuccess: onAnswer,
    onError: () => form.resetFields(),
  })
  const wait = useWait(send.error, send.submittedAt)
  const swap = () => {
    setRecovery(!isRecovery)
    form.resetFields()
    send.reset()
  }
  return (
    <Form form={form} layout="vertical" requiredMark={false} onFinish={(values) => send.mutate(values)}>
      <EntryField
        name="code"
        label={t(isRecovery ? 'auth:recovery_code' : 'auth:code')}
        extra={t(isRecovery ? 'auth:recovery_hint' : 'auth:code_hint')}
        rules={[{ required: true, message: t('auth:code_required') }]}
      >
        <Input
          ref={field}
          key={String(isRecovery)}
          autoComplete="one-time-code"
          inputMode={isRecovery ? 'text' : 'numeric'}
          className="mono-input"
        />
      </EntryField>
      <Refusal error={send.error} wait={wait} />
      <Button type="primary" htmlType="submit" className="wide" loading={send.isPending} disabled={wait > 0}>
        {t('auth:verify')}
      </Button>
      <div className="entry-links">
        <Button type="link" onClick={swap}>
          {t(isRecovery ? 'auth:use_app' : 'auth:use_recovery')}
        </Button>
        <Button type="link" onClick={onBack}>
          {t('auth:other_account')}
        </Button>
      </div>
    </Form>
  )
}
