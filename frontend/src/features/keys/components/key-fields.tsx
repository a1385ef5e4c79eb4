import { Collapse, DatePicker, Form, Input, InputNumber, Select } from 'antd'
import { useTranslation } from 'react-i18next'
import { useMe } from '../../../api/session'
import type { KeyFormValues } from '../key-form'
import { IdentityFields } from './identity-fields'

const number = { min: 1, precision: 0, className: 'full' } as const
const amount = { min: '0', precision: 9, stringMode: true, className: 'full', prefix: '$' } as const

function trimmed(value: string | null | undefined): string {
  return value?.includes('.') ? value.replace(/\.?0+$/, '') : (value ?? '')
}

interface Props {
  isNew: boolean
  isSelf: boolean
}

/** Name and purpose first; what most keys leave at its default is folded below. */
export function KeyFields({ isNew, isSelf }: Props) {
  const { t } = useTranslation()
  const folds = [
    { key: 'limits', label: t('keys:form.limits'), children: <LimitFields />, forceRender: true },
    { key: 'network', label: t('keys:form.network'), children: <NetworkFields />, forceRender: true },
    { key: 'more', label: t('keys:form.more'), children: <MoreFields />, forceRender: true },
  ]
  return (
    <>
      <IdentityFields isNew={isNew} isSelf={isSelf} />
      <Form.Item
        name="allowed_models"
        label={t('keys:form.allowed_models')}
        extra={t('keys:form.allowed_models_hint')}
      >
        <Select
          mode="tags"
          tokenSeparators={[',', ' ']}
          placeholder={t('keys:models.all')}
          className="tags-input"
          open={false}
        />
      </Form.Item>
      <div className="two">
        <Form.Item
          name="monthly_budget"
          label={t('keys:form.monthly_budget')}
          extra={t('keys:form.budget_hint')}
        >
          <InputNumber {...amount} formatter={trimmed} placeholder={t('keys:form.none')} />
        </Form.Item>
        <Form.Item name="expires_at" label={t('keys:form.expires_at')} extra={<ExpiryHint />}>
          <DatePicker className="full" placeholder={t('keys:no_expiry')} />
        </Form.Item>
      </div>
      <Collapse ghost className="folds" items={folds} />
    </>
  )
}

function ExpiryHint() {
  const { t } = useTranslation()
  const { reporting_tz: zone } = useMe()
  return t('keys:form.expires_hint', { zone: zone ?? 'UTC' })
}

function LimitFields() {
  const { t } = useTranslation()
  const limits: [keyof KeyFormValues, string][] = [
    ['requests_per_minute', t('keys:form.rpm')],
    ['tokens_per_minute', t('keys:form.tpm')],
    ['max_concurrency', t('keys:form.concurrency')],
    ['quota', t('keys:form.quota')],
  ]
  return (
    <div className="two">
      {limits.map(([name, label]) => (
        <Form.Item key={name} name={name} label={label}>
          <InputNumber<number> {...number} placeholder={t('keys:form.none')} />
        </Form.Item>
      ))}
      <Form.Item name="max_cost_per_request" label={t('keys:form.max_cost')}>
        <InputNumber {...amount} formatter={trimmed} placeholder={t('keys:form.none')} />
      </Form.Item>
    </div>
  )
}

function NetworkFields() {
  const { t } = useTranslation()
  return (
    <>
      <Form.Item name="allowed_ips" label={t('keys:form.allowed_ips')} extra={t('keys:form.ips_hint')}>
        <Select
          mode="tags"
          tokenSeparators={[',', ' ']}
          placeholder={t('keys:form.any_address')}
          className="tags-input"
          open={false}
        />
      </Form.Item>
      <Form.Item name="denied_ips" label={t('keys:form.denied_ips')} extra={t('keys:form.denied_ips_hint')}>
        <Select
          mode="tags"
          tokenSeparators={[',', ' ']}
          placeholder={t('keys:form.none')}
          className="tags-input"
          open={false}
        />
      </Form.Item>
    </>
  )
}

function MoreFields() {
  const { t } = useTranslation()
  const fidelity = [
    { value: 'lossless', label: t('keys:fidelity.lossless') },
    { value: 'warn', label: t('keys:fidelity.warn') },
    { value: 'best-effort', label: t('keys:fidelity.best_effort') },
  ]
  return (
    <>
      <Form.Item name="denied_models" label={t('keys:form.denied_models')}>
        <Select
          mode="tags"
          tokenSeparators={[',', ' ']}
          placeholder={t('keys:form.none')}
          className="tags-input"
          open={false}
        />
      </Form.Item>
      <Form.Item name="fidelity" label={t('keys:form.fidelity')} extra={t('keys:form.fidelity_hint')}>
        <Select options={fidelity} />
      </Form.Item>
      <Form.Item name="tags" label={t('keys:form.tags')} extra={t('keys:form.tags_hint')}>
        <Select
          mode="tags"
          tokenSeparators={[',', ' ']}
          placeholder={t('keys:form.none')}
          className="tags-input"
          open={false}
        />
      </Form.Item>
      <Form.Item name="description" label={t('keys:form.description')}>
        <Input.TextArea rows={3} />
      </Form.Item>
    </>
  )
}
