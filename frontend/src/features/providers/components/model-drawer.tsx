import { useMutation, useQueryClient } from '@tanstack/react-query'
import { Form, Input, InputNumber, Select, Switch } from 'antd'
import { useTranslation } from 'react-i18next'
import { isProblem } from '../../../api/problem'
import { useTenantSlug } from '../../../api/session'
import { dropDraft } from '../../../ui/form/drafts'
import { FormDrawer } from '../../../ui/form/form-drawer'
import { showServerErrors } from '../../../ui/form/server-errors'
import { notify } from '../../../ui/notify'
import {
  currentModel,
  modelChanges,
  modelCreation,
  modelValues,
  NEW_MODEL,
  OPERATIONS,
  parseObject,
  type ModelValues,
} from '../model-form'
import { createModelMutation, updateModel } from '../mutations'
import { modelQuery } from '../queries'
import type { Provider, UpstreamModel } from '../types'
import { useVersionedSave } from './use-versioned-save'

interface Props {
  provider: Provider
  onClose: () => void
}

export function AddModel({ provider, onClose }: Props) {
  const { t } = useTranslation()
  const client = useQueryClient()
  const [form] = Form.useForm<ModelValues>()
  const draft = `providers.model.${provider.id}`
  const create = useMutation({
    ...createModelMutation,
    onSuccess: (row) => {
      dropDraft(draft)
      void client.invalidateQueries({ queryKey: ['providers'] })
      notify.done(t('providers:model.saved', { name: row.public_name }))
      onClose()
    },
    onError: (error) => void showServerErrors(form, error, t),
  })
  const isAtField = isProblem(create.error) && create.error.fields.length > 0
  return (
    <FormDrawer<ModelValues>
      open
      draft={draft}
      title={t('providers:model.add_title', { name: provider.name })}
      form={form}
      initialValues={NEW_MODEL}
      submit={t('providers:model.add')}
      isBusy={create.isPending}
      error={isAtField ? null : create.error}
      onSubmit={(values) =>
        create.mutate({ provider: provider.id, values: modelCreation({ ...NEW_MODEL, ...values }) })
      }
      onClose={onClose}
    >
      <ModelFields />
    </FormDrawer>
  )
}

export function EditModel({ provider, loaded, onClose }: Props & { loaded: UpstreamModel }) {
  const { t } = useTranslation()
  const tenant = useTenantSlug()
  const client = useQueryClient()
  const [form] = Form.useForm<ModelValues>()
  const draft = `providers.model.${provider.id}.${loaded.id}`
  const saved = useVersionedSave({
    loaded,
    save: (base, changes: Record<string, unknown>) =>
      updateModel({ provider: provider.id, id: base.id, version: base.version, changes }),
    reload: () => client.query({ ...modelQuery(tenant, provider.id, loaded.id), staleTime: 0 }),
    pick: currentModel,
    onSaved: (row) => {
      dropDraft(draft)
      void client.invalidateQueries({ queryKey: ['providers'] })
      notify.done(t('providers:model.saved', { name: row.public_name }))
      onClose()
    },
    onRefused: (error) => void showServerErrors(form, error, t),
    onTheirs: (row) => {
      form.resetFields()
      form.setFieldsValue(modelValues(row))
    },
  })
  const submit = (values: ModelValues) => {
    const changes = modelChanges(modelValues(saved.base), values)
    if (Object.keys(changes).length === 0) onClose()
    else saved.save(changes)
  }
  return (
    <>
      <FormDrawer<ModelValues>
        open
        draft={draft}
        title={t('providers:model.edit_title', { name: loaded.public_name })}
        form={form}
        initialValues={modelValues(saved.base)}
        submit={t('common:save')}
        isBusy={saved.isBusy}
        error={saved.error}
        onSubmit={submit}
        onClose={onClose}
      >
        <ModelFields />
      </FormDrawer>
      {saved.dialog}
    </>
  )
}

const number = { min: 1, precision: 0, className: 'full' } as const
const OPERATION_TEXTS: Record<(typeof OPERATIONS)[number], string> = {
  chat: 'providers:operation.chat',
  embeddings: 'providers:operation.embeddings',
  count_tokens: 'providers:operation.count_tokens',
  completions: 'providers:operation.completions',
  moderations: 'providers:operation.moderations',
  rerank: 'providers:operation.rerank',
  images: 'providers:operation.images',
  image_edits: 'providers:operation.image_edits',
  speech: 'providers:operation.speech',
  transcriptions: 'providers:operation.transcriptions',
  translations: 'providers:operation.translations',
}

function ModelFields() {
  const { t } = useTranslation()
  const upstream = Form.useWatch<string | undefined>('upstream_name') ?? ''
  const object = {
    validator: (_: unknown, text: string | undefined) =>
      parseObject(text ?? '') === null
        ? Promise.reject(new Error(t('providers:model.not_an_object')))
        : Promise.resolve(),
  }
  const operations = OPERATIONS.map((value) => ({ value, label: t(OPERATION_TEXTS[value]) }))
  return (
    <>
      <Form.Item
        name="upstream_name"
        label={t('providers:model.upstream_name')}
        extra={t('providers:model.upstream_hint')}
        rules={[{ required: true, whitespace: true, message: t('providers:model.name_required') }]}
      >
        <Input className="mono-text" autoComplete="off" spellCheck={false} maxLength={200} />
      </Form.Item>
      <Form.Item
        name="public_name"
        label={t('providers:model.public_name')}
        extra={t('providers:model.public_hint')}
      >
        <Input
          className="mono-text"
          autoComplete="off"
          spellCheck={false}
          maxLength={200}
          placeholder={upstream}
        />
      </Form.Item>
      <Form.Item name="enabled" label={t('providers:model.enabled')} valuePropName="checked">
        <Switch />
      </Form.Item>
      <Form.Item name="operations" label={t('providers:model.operations')}>
        <Select mode="multiple" options={operations} />
      </Form.Item>
      <div className="two">
        <Form.Item name="context_window" label={t('providers:model.context')}>
          <InputNumber<number> {...number} placeholder={t('providers:model.unknown')} />
        </Form.Item>
        <Form.Item name="max_output_tokens" label={t('providers:model.max_output')}>
          <InputNumber<number> {...number} placeholder={t('providers:model.unknown')} />
        </Form.Item>
      </div>
      <Form.Item
        name="params"
        label={t('providers:model.params')}
        extra={t('providers:model.params_hint')}
        rules={[object]}
      >
        <Input.TextArea
          rows={6}
          className="mono-text"
          spellCheck={false}
          placeholder={'{"drop": ["seed"], "default": {"temperature": 0.2}}'}
        />
      </Form.Item>
      <Form.Item
        name="capabilities"
        label={t('providers:model.capabilities')}
        extra={t('providers:model.capabilities_hint')}
        rules={[object]}
      >
        <Input.TextArea
          rows={4}
          className="mono-text"
          spellCheck={false}
          placeholder={'{"refuses": ["image"]}'}
        />
      </Form.Item>
    </>
  )
}
