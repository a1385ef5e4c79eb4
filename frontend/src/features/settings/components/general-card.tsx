import { Form, Input, Select } from 'antd'
import { useTranslation } from 'react-i18next'
import type { Tenant } from '../../../api/types'
import { Card } from '../../../ui/card'
import { CURRENCIES, LANGUAGE_OPTIONS, zoneOptions } from '../../../ui/form/locale-options'
import { TenantForm } from './tenant-form'

const FIELDS = ['name', 'reporting_tz', 'week_start', 'locale', 'currency'] as const
// Any week that starts on a Monday names the weekdays.
const MONDAY_MS = Date.UTC(2024, 0, 1)
const DAY_MS = 86_400_000

function weekdays(language: string): { value: number; label: string }[] {
  const format = new Intl.DateTimeFormat(language, { weekday: 'long', timeZone: 'UTC' })
  return [1, 7, 6].map((day) => ({ value: day, label: format.format(MONDAY_MS + (day - 1) * DAY_MS) }))
}

export function GeneralCard({ tenant }: { tenant: Tenant }) {
  const { t, i18n } = useTranslation()
  return (
    <Card title={t('settings:general.title')} hint={t('settings:general.hint')}>
      <TenantForm loaded={tenant} fields={FIELDS}>
        <Form.Item
          name="name"
          label={t('settings:general.name')}
          rules={[{ required: true, whitespace: true, message: t('settings:general.name_required') }]}
        >
          <Input maxLength={120} autoComplete="organization" />
        </Form.Item>
        <Form.Item
          name="reporting_tz"
          label={t('settings:general.zone')}
          extra={t('settings:general.zone_hint')}
        >
          <Select showSearch options={zoneOptions(tenant.reporting_tz)} />
        </Form.Item>
        <Form.Item name="week_start" label={t('settings:general.week_start')}>
          <Select options={weekdays(i18n.language)} />
        </Form.Item>
        <Form.Item
          name="locale"
          label={t('settings:general.language')}
          extra={t('settings:general.language_hint')}
        >
          <Select options={LANGUAGE_OPTIONS} />
        </Form.Item>
        <Form.Item
          name="currency"
          label={t('settings:general.currency')}
          extra={t('settings:general.currency_hint')}
        >
          <Select showSearch options={CURRENCIES.map((value) => ({ value, label: value }))} />
        </Form.Item>
      </TenantForm>
    </Card>
  )
}
