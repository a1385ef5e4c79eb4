import { Form, InputNumber, Select } from 'antd'
import { useTranslation } from 'react-i18next'
import type { Tenant } from '../../../api/types'
import { Card } from '../../../ui/card'
import { TenantForm } from './tenant-form'

const FIELDS = ['mfa_policy', 'session_hours'] as const
const MAX_SESSION_HOURS = 168

export function SecurityCard({ tenant }: { tenant: Tenant }) {
  const { t } = useTranslation()
  const policies = [
    { value: 'none', label: t('settings:security.mfa_none') },
    { value: 'admins', label: t('settings:security.mfa_admins') },
    { value: 'all', label: t('settings:security.mfa_all') },
  ]
  return (
    <Card title={t('settings:security.title')} hint={t('settings:security.hint')}>
      <TenantForm loaded={tenant} fields={FIELDS}>
        <Form.Item
          name="mfa_policy"
          label={t('settings:security.mfa')}
          extra={t('settings:security.mfa_hint')}
        >
          <Select options={policies} />
        </Form.Item>
        <Form.Item
          name="session_hours"
          label={t('settings:security.session')}
          extra={t('settings:security.session_hint')}
          rules={[{ required: true, message: t('settings:security.session_required') }]}
        >
          <InputNumber<number> min={1} max={MAX_SESSION_HOURS} precision={0} className="full" />
        </Form.Item>
      </TenantForm>
    </Card>
  )
}
