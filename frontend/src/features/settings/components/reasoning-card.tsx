import { Form, Select } from 'antd'
import { useTranslation } from 'react-i18next'
import type { Tenant } from '../../../api/types'
import { Card } from '../../../ui/card'
import { TenantForm } from './tenant-form'

const FIELDS = ['vault', 'foreign_reasoning'] as const

export function ReasoningCard({ tenant }: { tenant: Tenant }) {
  const { t } = useTranslation()
  const vault = [
    { value: 'on', label: t('settings:reasoning.vault_on') },
    { value: 'off', label: t('settings:reasoning.vault_off') },
  ]
  const foreign = [
    { value: 'drop', label: t('settings:reasoning.foreign_drop') },
    { value: 'text', label: t('settings:reasoning.foreign_text') },
  ]
  return (
    <Card title={t('settings:reasoning.title')} hint={t('settings:reasoning.hint')}>
      <TenantForm loaded={tenant} fields={FIELDS}>
        <Form.Item
          name="vault"
          label={t('settings:reasoning.vault')}
          extra={t('settings:reasoning.vault_hint')}
        >
          <Select options={vault} />
        </Form.Item>
        <Form.Item
          name="foreign_reasoning"
          label={t('settings:reasoning.foreign')}
          extra={t('settings:reasoning.foreign_hint')}
        >
          <Select options={foreign} />
        </Form.Item>
      </TenantForm>
    </Card>
  )
}
