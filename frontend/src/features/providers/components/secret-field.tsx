import { Form, Input } from 'antd'
import { useTranslation } from 'react-i18next'
import { secretWords } from '../kind-words'

/** What is asked for depends on whose secret it is, and how it is sent. */
export function SecretField({ kind, credential }: { kind: string; credential: string | undefined }) {
  const { t } = useTranslation()
  const { label, hint, form } = secretWords(kind, credential)
  return (
    <Form.Item
      name="secret"
      label={t(label)}
      extra={t(hint)}
      rules={[
        { required: true, whitespace: true, message: t('providers:field.secret_required') },
        ...(form ? [{ pattern: form.pattern, message: t(form.invalid) }] : []),
      ]}
    >
      <Input.Password className="mono-text" autoComplete="off" placeholder={form?.shown ?? ''} />
    </Form.Item>
  )
}
