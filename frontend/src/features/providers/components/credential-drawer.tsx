import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { Collapse, DatePicker, Form, Input, InputNumber, Select } from 'antd'
import { kindsQuery } from '../../../api/vendors'
import { useTranslation } from 'react-i18next'
import { isProblem } from '../../../api/problem'
import { useTenantSlug } from '../../../api/session'
import { dropDraft } from '../../../ui/form/drafts'
import { FormDrawer } from '../../../ui/form/form-drawer'
import { showServerErrors } from '../../../ui/form/server-errors'
import { notify } from '../../../ui/notify'
import {
  credentialChanges,
  credentialCreation,
  credentialValues,
  currentCredential,
  newCredential,
  type CredentialValues,
} from '../credential-form'
import { createCredentialMutation, updateCredential } from '../mutations'
import { credentialQuery } from '../queries'
import type { Credential, Provider } from '../types'
import { credentialKindText } from '../kind-words'
import { SecretField } from './secret-field'
import { useVersionedSave } from './use-versioned-save'

interface Props {
  provider: Provider
  onClose: () => void
}

export function AddCredential({ provider, taken, onClose }: Props & { taken: string[] }) {
  const { t } = useTranslation()
  const client = useQueryClient()
  const [form] = Form.useForm<CredentialValues>()
  const { data: kinds, isPending } = useQuery(kindsQuery)
  const offered = kinds?.find(({ kind }) => kind === provider.kind)?.credential_kinds ?? []
  const draft = `providers.credential.${provider.id}`
  const create = useMutation({
    ...createCredentialMutation,
    onSuccess: (row) => {
      dropDraft(draft)
      void client.invalidateQueries({ queryKey: ['providers'] })
      notify.done(t('providers:credential.saved', { name: row.name }))
      onClose()
    },
    onError: (error) => void showServerErrors(form, error, t),
  })
  const isAtField = isProblem(create.error) && create.error.fields.length > 0
  const kind = (offered[0] ?? 'api_key') as Credential['kind']
  // A form takes what it starts with once: what the vendor usually takes has to be known by then.
  if (isPending) return null
  return (
    <FormDrawer<CredentialValues>
      open
      draft={draft}
      secret={['secret']}
      title={t('providers:credential.add_title', { name: provider.name })}
      form={form}
      initialValues={newCredential(kind, freeName(taken))}
      submit={t('providers:credential.add')}
      isBusy={create.isPending}
      error={isAtField ? null : create.error}
      onSubmit={(values) =>
        create.mutate({
          provider: provider.id,
          values: credentialCreation({ ...newCredential(kind, ''), ...values }),
        })
      }
      onClose={onClose}
    >
      <CredentialFields vendor={provider.kind} offered={offered} isNew />
    </FormDrawer>
  )
}

/** `primary` first, then `key-2` and on: names in a pool are unique. */
function freeName(taken: readonly string[]): string {
  if (!taken.includes('primary')) return 'primary'
  let number = taken.length + 1
  while (taken.includes(`key-${number}`)) number += 1
  return `key-${number}`
}

export function EditCredential({ provider, loaded, onClose }: Props & { loaded: Credential }) {
  const { t } = useTranslation()
  const tenant = useTenantSlug()
  const client = useQueryClient()
  const [form] = Form.useForm<CredentialValues>()
  const draft = `providers.credential.${provider.id}.${loaded.id}`
  const saved = useVersionedSave({
    loaded,
    save: (base, changes: Record<string, unknown>) =>
      updateCredential({ provider: provider.id, id: base.id, version: base.version, changes }),
    reload: () => client.query({ ...credentialQuery(tenant, provider.id, loaded.id), staleTime: 0 }),
    pick: currentCredential,
    onSaved: (row) => {
      dropDraft(draft)
      void client.invalidateQueries({ queryKey: ['providers'] })
      notify.done(t('providers:credential.saved', { name: row.name }))
      onClose()
    },
    onRefused: (error) => void showServerErrors(form, error, t),
    onTheirs: (row) => {
      form.resetFields()
      form.setFieldsValue(credentialValues(row))
    },
  })
  const submit = (values: CredentialValues) => {
    const changes = credentialChanges(credentialValues(saved.base), values)
    if (Object.keys(changes).length === 0) onClose()
    else saved.save(changes)
  }
  return (
    <>
      <FormDrawer<CredentialValues>
        open
        draft={draft}
        title={t('providers:credential.edit_title', { name: loaded.name })}
        form={form}
        initialValues={credentialValues(saved.base)}
        submit={t('common:save')}
        isBusy={saved.isBusy}
        error={saved.error}
        onSubmit={submit}
        onClose={onClose}
      >
        <CredentialFields vendor={provider.kind} offered={[loaded.kind]} isNew={false} />
      </FormDrawer>
      {saved.dialog}
    </>
  )
}

const count = { min: 1, precision: 0, className: 'full' } as const

interface FieldsProps {
  vendor: string
  offered: readonly string[]
  isNew: boolean
}

function CredentialFields({ vendor, offered, isNew }: FieldsProps) {
  const { t } = useTranslation()
  const kind = Form.useWatch<string | undefined>('kind') ?? offered[0]
  const kinds = offered.map((value) => ({ value, label: t(credentialKindText(vendor, value)) }))
  return (
    <>
      <Form.Item
        name="name"
        label={t('providers:credential.label')}
        extra={t('providers:credential.label_hint')}
        rules={[{ required: true, whitespace: true, message: t('providers:field.name_required') }]}
      >
        <Input autoComplete="off" maxLength={120} />
      </Form.Item>
      <Form.Item name="kind" label={t('providers:field.credential')} hidden={kinds.length < 2}>
        <Select options={kinds} />
      </Form.Item>
      {kind === 'header' && (
        <Form.Item
          name="header"
          label={t('providers:field.header')}
          rules={[{ required: true, whitespace: true, message: t('providers:field.header_required') }]}
        >
          <Input className="mono-text" autoComplete="off" spellCheck={false} placeholder="X-Api-Key" />
        </Form.Item>
      )}
      {isNew && kind !== 'none' && <SecretField kind={vendor} credential={kind} />}
      <div className="two">
        <Form.Item
          name="weight"
          label={t('providers:credential.weight')}
          extra={t('providers:credential.weight_hint')}
        >
          <InputNumber<number> {...count} max={1000} />
        </Form.Item>
        <Form.Item
          name="priority"
          label={t('providers:credential.priority')}
          extra={t('providers:credential.priority_hint')}
        >
          <InputNumber<number> min={0} precision={0} className="full" />
        </Form.Item>
      </div>
      <Collapse
        ghost
        className="folds"
        items={[
          {
            key: 'limits',
            label: t('providers:credential.limits'),
            forceRender: true,
            children: <LimitFields />,
          },
        ]}
      />
    </>
  )
}

function LimitFields() {
  const { t } = useTranslation()
  const limits: [keyof CredentialValues, string][] = [
    ['rpm_limit', t('providers:credential.rpm')],
    ['tpm_limit', t('providers:credential.tpm')],
    ['concurrency_limit', t('providers:credential.concurrency')],
  ]
  return (
    <>
      <div className="two">
        {limits.map(([name, label]) => (
          <Form.Item key={name} name={name} label={label}>
            <InputNumber<number> {...count} placeholder={t('providers:field.none')} />
          </Form.Item>
        ))}
        <Form.Item name="expires_at" label={t('providers:credential.expires')}>
          <DatePicker className="full" placeholder={t('providers:credential.no_expiry')} />
        </Form.Item>
      </div>
      <Form.Item
        name="models"
        label={t('providers:credential.models')}
        extra={t('providers:credential.models_hint')}
      >
        <Select
          mode="tags"
          tokenSeparators={[',', ' ']}
          placeholder={t('providers:credential.all_models')}
          className="tags-input"
          open={false}
        />
      </Form.Item>
      <Form.Item
        name="cost_center"
        label={t('providers:credential.cost_center')}
        extra={t('providers:credential.cost_center_hint')}
      >
        <Input autoComplete="off" maxLength={100} />
      </Form.Item>
    </>
  )
}
