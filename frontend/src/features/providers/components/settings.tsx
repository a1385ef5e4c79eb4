import { useQuery, useQueryClient } from '@tanstack/react-query'
import { Button, Form, Input, InputNumber, Select, Switch } from 'antd'
import type { ReactNode } from 'react'
import { kindsQuery } from '../../../api/vendors'
import { useTranslation } from 'react-i18next'
import { useTenantSlug } from '../../../api/session'
import { Card } from '../../../ui/card'
import { showServerErrors } from '../../../ui/form/server-errors'
import { notify } from '../../../ui/notify'
import { problemSentence } from '../../../ui/problem-text'
import { useOnline } from '../../../ui/use-online'
import { updateProvider } from '../mutations'
import { currentSettings, settingsChanges, settingsValues, type SettingsValues } from '../provider-form'
import { isRegional } from '../kind-words'
import { providerQuery } from '../queries'
import { savedText } from '../saved-text'
import type { Provider } from '../types'
import { HeaderFields, ProxyField, TimeoutFields } from './transport-fields'
import { useVersionedSave } from './use-versioned-save'

/** Everything about the back-end but its secrets; those have dialogs of their own. */
export function Settings({ row }: { row: Provider }) {
  const { t } = useTranslation()
  const tenant = useTenantSlug()
  const client = useQueryClient()
  const isOnline = useOnline()
  const [form] = Form.useForm<SettingsValues>()
  const { data: kinds } = useQuery(kindsQuery)
  const fields = kinds?.find(({ kind }) => kind === row.kind)?.fields ?? []
  const saved = useVersionedSave({
    loaded: row,
    save: (base, changes: Record<string, unknown>) =>
      updateProvider({ id: base.id, version: base.version, changes }),
    reload: () => client.query({ ...providerQuery(tenant, row.id), staleTime: 0 }),
    pick: currentSettings,
    onSaved: (next) => {
      client.setQueryData(providerQuery(tenant, row.id).queryKey, next)
      void client.invalidateQueries({ queryKey: ['providers'] })
      form.setFieldsValue(settingsValues(next))
      notify.done(savedText(next, t))
    },
    onRefused: (error) => void showServerErrors(form, error, t),
    onTheirs: (current) => {
      form.resetFields()
      form.setFieldsValue(settingsValues(current))
    },
  })
  const submit = (values: SettingsValues) => {
    const changes = settingsChanges(settingsValues(saved.base), values)
    if (Object.keys(changes).length > 0) saved.save(changes)
  }
  if (row.managed_by !== 'ui') {
    return (
      <Card title={t('providers:tab.settings')}>
        <p className="card-text">
          {t(row.managed_by === 'env' ? 'providers:settings.by_env' : 'providers:settings.by_file')}
        </p>
      </Card>
    )
  }
  return (
    <Form<SettingsValues>
      form={form}
      layout="vertical"
      requiredMark={false}
      initialValues={settingsValues(row)}
      scrollToFirstError={{ focus: true }}
      validateTrigger="onBlur"
      onFinish={submit}
    >
      <div className="settings-cards settings-form">
        <Card title={t('providers:settings.connection')}>
          <Connection kind={row.kind} has={(name) => fields.includes(name)} />
        </Card>
        <Card title={t('providers:settings.timeouts')} hint={t('providers:settings.timeouts_hint')}>
          <TimeoutFields names={['connect_ms', 'ttft_ms', 'reasoning_ttft_ms', 'idle_ms', 'total_ms']} />
          <Disconnect />
        </Card>
        <Card title={t('providers:settings.pool')} hint={t('providers:settings.pool_hint')}>
          <Pool />
        </Card>
        <Card title={t('providers:settings.models')}>
          <Discovery />
        </Card>
      </div>
      {saved.error !== null && (
        <p className="form-error" role="alert">
          {problemSentence(saved.error, t)}
        </p>
      )}
      <div className="save-bar">
        <span className="grow" />
        <Button type="primary" htmlType="submit" loading={saved.isBusy} disabled={!isOnline}>
          {t('common:save')}
        </Button>
      </div>
      {saved.dialog}
    </Form>
  )
}

function Connection({ kind, has }: { kind: string; has: (field: string) => boolean }) {
  const { t } = useTranslation()
  const optional: ['project' | 'resource' | 'api_version', string][] = [
    ['project', t('providers:field.project')],
    ['resource', t('providers:field.resource')],
    ['api_version', t('providers:field.api_version')],
  ]
  return (
    <>
      <Form.Item
        name="name"
        label={t('providers:field.name')}
        rules={[{ required: true, whitespace: true, message: t('providers:field.name_required') }]}
      >
        <Input autoComplete="off" maxLength={120} />
      </Form.Item>
      {has('base_url') && (
        <Form.Item
          name="base_url"
          label={t('providers:field.base_url')}
          extra={t('providers:settings.base_url_hint')}
          rules={[{ required: true, whitespace: true, message: t('providers:field.base_url_required') }]}
        >
          <Input className="mono-text" inputMode="url" autoComplete="off" spellCheck={false} />
        </Form.Item>
      )}
      <div className="two">
        <Form.Item
          name="region"
          label={t('providers:field.region')}
          extra={t(isRegional(kind) ? 'providers:settings.aws_region_hint' : 'providers:field.region_hint')}
        >
          <Input autoComplete="off" placeholder={t('providers:field.none')} />
        </Form.Item>
        <Form.Item
          name="data_region"
          label={t('providers:field.data_region')}
          extra={t('providers:field.data_region_hint')}
        >
          <Input autoComplete="off" placeholder={t('providers:field.none')} />
        </Form.Item>
        {optional
          .filter(([name]) => has(name))
          .map(([name, label]) => (
            <Form.Item key={name} name={name} label={label}>
              <Input className="mono-text" autoComplete="off" spellCheck={false} />
            </Form.Item>
          ))}
      </div>
      <ProxyField />
      {has('headers') && <HeaderFields />}
    </>
  )
}

const count = { min: 1, precision: 0, className: 'full' } as const

function Inherited({ children }: { children: ReactNode }) {
  return <div className="two">{children}</div>
}

function Pool() {
  const { t } = useTranslation()
  const strategies = [
    { value: 'round_robin', label: t('providers:strategy.round_robin') },
    { value: 'weighted', label: t('providers:strategy.weighted') },
    { value: 'random', label: t('providers:strategy.random') },
    { value: 'failover', label: t('providers:strategy.failover') },
  ]
  return (
    <>
      <Form.Item name="pool_strategy" label={t('providers:field.pool_strategy')}>
        <Select allowClear options={strategies} placeholder={t('providers:field.installation')} />
      </Form.Item>
      <Inherited>
        <Form.Item
          name="max_failures"
          label={t('providers:field.max_failures')}
          extra={t('providers:field.max_failures_hint')}
        >
          <InputNumber<number> {...count} max={1000} placeholder={t('providers:field.installation')} />
        </Form.Item>
        <Form.Item name="failure_window_s" label={t('providers:field.failure_window_s')}>
          <InputNumber<number> {...count} suffix="s" placeholder={t('providers:field.installation')} />
        </Form.Item>
        <Form.Item
          name="retry_after_s"
          label={t('providers:field.retry_after_s')}
          extra={t('providers:field.retry_after_hint')}
        >
          <InputNumber<number> {...count} suffix="s" placeholder={t('providers:field.installation')} />
        </Form.Item>
        <Form.Item
          name="priority"
          label={t('providers:field.priority')}
          extra={t('providers:field.priority_hint')}
        >
          <InputNumber<number> min={0} precision={0} className="full" />
        </Form.Item>
      </Inherited>
    </>
  )
}

function Disconnect() {
  const { t } = useTranslation()
  const policies = [
    { value: 'cancel', label: t('providers:disconnect.cancel') },
    { value: 'drain', label: t('providers:disconnect.drain') },
  ]
  return (
    <Form.Item name="disconnect_policy" label={t('providers:field.disconnect_policy')}>
      <Select allowClear options={policies} placeholder={t('providers:field.installation')} />
    </Form.Item>
  )
}

function Discovery() {
  const { t } = useTranslation()
  const mode = Form.useWatch<SettingsValues['discovery_mode'] | undefined>('discovery_mode')
  const modes = [
    { value: 'off', label: t('providers:discovery.off') },
    { value: 'suggest', label: t('providers:discovery.suggest') },
    { value: 'auto', label: t('providers:discovery.auto') },
  ]
  return (
    <>
      <Form.Item name="discovery_mode" label={t('providers:field.discovery')}>
        <Select options={modes} />
      </Form.Item>
      {mode !== undefined && mode !== 'off' && (
        <Form.Item name="discovery_interval_h" label={t('providers:field.discovery_interval')}>
          <InputNumber<number> {...count} max={720} suffix="h" />
        </Form.Item>
      )}
      <Form.Item
        name="allow_unlisted_models"
        label={t('providers:field.allow_unlisted')}
        extra={t('providers:field.allow_unlisted_hint')}
        valuePropName="checked"
      >
        <Switch />
      </Form.Item>
      <Form.Item
        name="cost_multiplier"
        label={t('providers:field.cost_multiplier')}
        extra={t('providers:field.cost_multiplier_hint')}
        rules={[{ required: true, pattern: /^\d{1,3}(\.\d{1,6})?$/, message: t('providers:field.decimal') }]}
      >
        <Input inputMode="decimal" autoComplete="off" />
      </Form.Item>
    </>
  )
}
