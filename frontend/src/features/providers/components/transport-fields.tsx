import { DeleteOutlined, PlusOutlined } from '@ant-design/icons'
import { Button, Form, Input, InputNumber } from 'antd'
import { useTranslation } from 'react-i18next'
import { useAllowed } from '../../../api/session'
import { PLATFORM_SYSTEM } from '../../../app/capabilities'
import { wholeNumber } from '../../../i18n/format'
import { useZone } from '../../../ui/use-zone'

/** What holds where a field is left empty. */
const DEFAULTS_MS = {
  connect_ms: 5_000,
  ttft_ms: 60_000,
  reasoning_ttft_ms: 300_000,
  idle_ms: 90_000,
  total_ms: 600_000,
} as const

const LABELS: Record<keyof typeof DEFAULTS_MS, string> = {
  connect_ms: 'providers:field.connect_ms',
  ttft_ms: 'providers:field.ttft_ms',
  reasoning_ttft_ms: 'providers:field.reasoning_ttft_ms',
  idle_ms: 'providers:field.idle_ms',
  total_ms: 'providers:field.total_ms',
}

type TimeoutName = keyof typeof DEFAULTS_MS

export function TimeoutFields({ names }: { names: readonly TimeoutName[] }) {
  const { t } = useTranslation()
  const { language } = useZone()
  return (
    <div className="two">
      {names.map((name) => (
        <Form.Item key={name} name={name} label={t(LABELS[name])}>
          <InputNumber<number>
            min={1}
            precision={0}
            suffix="ms"
            className="full"
            placeholder={wholeNumber(DEFAULTS_MS[name], language)}
          />
        </Form.Item>
      ))}
    </div>
  )
}

/** Headers that go along with every request; never credentials. */
export function HeaderFields() {
  const { t } = useTranslation()
  return (
    <Form.List name="headers">
      {(fields, { add, remove }) => (
        <div className="header-fields">
          <span className="field-label">{t('providers:field.headers')}</span>
          {fields.map(({ key, name }) => (
            <div key={key} className="header-row">
              <Form.Item name={[name, 'name']} noStyle>
                <Input
                  className="mono-text"
                  autoComplete="off"
                  spellCheck={false}
                  placeholder="X-Team"
                  aria-label={t('providers:field.header_name')}
                />
              </Form.Item>
              <Form.Item name={[name, 'value']} noStyle>
                <Input
                  className="mono-text"
                  autoComplete="off"
                  spellCheck={false}
                  aria-label={t('providers:field.header_value')}
                />
              </Form.Item>
              <Button
                type="text"
                className="quiet-icon"
                icon={<DeleteOutlined />}
                aria-label={t('providers:field.header_remove')}
                onClick={() => remove(name)}
              />
            </div>
          ))}
          <Button icon={<PlusOutlined />} onClick={() => add({ name: '', value: '' })}>
            {t('providers:field.header_add')}
          </Button>
          <p className="field-hint">{t('providers:field.headers_hint')}</p>
        </div>
      )}
    </Form.List>
  )
}

export function ProxyField() {
  const { t } = useTranslation()
  const isOperator = useAllowed(PLATFORM_SYSTEM)
  if (!isOperator) return null
  return (
    <Form.Item
      name="proxy_url"
      label={t('providers:field.proxy_url')}
      extra={t('providers:field.proxy_hint')}
    >
      <Input
        className="mono-text"
        autoComplete="off"
        spellCheck={false}
        placeholder={t('providers:field.none')}
      />
    </Form.Item>
  )
}
