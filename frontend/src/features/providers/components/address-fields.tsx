import { Form, Input } from 'antd'
import { useTranslation } from 'react-i18next'
import type { ConnectionValues } from '../connection'
import { addressHint, AWS_REGION, inRegion, isRegional, regionOf } from '../kind-words'

/** Where the back-end is. A region that is part of the address is chosen once: either field moves the other. */
export function AddressFields({ kind }: { kind: string }) {
  const { t } = useTranslation()
  const form = Form.useFormInstance<ConnectionValues>()
  const address = (
    <Form.Item
      name="base_url"
      label={t('providers:field.base_url')}
      extra={t(addressHint(kind))}
      rules={[{ required: true, whitespace: true, message: t('providers:field.base_url_required') }]}
    >
      <Input
        className="mono-text"
        inputMode="url"
        autoComplete="off"
        spellCheck={false}
        placeholder="https://api.example.com/v1"
        onChange={({ target }) => {
          const region = isRegional(kind) && regionOf(target.value)
          if (region) form.setFieldsValue({ region })
        }}
      />
    </Form.Item>
  )
  if (!isRegional(kind)) return address
  return (
    <>
      <Form.Item
        name="region"
        label={t('providers:field.region')}
        extra={t('providers:field.aws_region_hint')}
        rules={[{ required: true, pattern: AWS_REGION, message: t('providers:field.aws_region_invalid') }]}
      >
        <Input
          className="mono-text"
          autoComplete="off"
          spellCheck={false}
          placeholder="us-east-1"
          onChange={({ target }) =>
            form.setFieldsValue({
              base_url: inRegion(form.getFieldValue('base_url') as string, target.value),
            })
          }
        />
      </Form.Item>
      {address}
    </>
  )
}
