import { useQuery } from '@tanstack/react-query'
import { Form, Input, Segmented, Select } from 'antd'
import { useTranslation } from 'react-i18next'
import { KEYS_ANY, MEMBERS } from '../../../app/capabilities'
import { useAllowed, useMe, useTenantSlug } from '../../../api/session'
import type { KeyFormValues } from '../key-form'
import { ownersQuery, teamsQuery } from '../queries'

interface Props {
  isNew: boolean
  isSelf: boolean
}

/** Name, kind, whose it is. Kind and environment are fixed once the key exists. */
export function IdentityFields({ isNew, isSelf }: Props) {
  const { t } = useTranslation()
  const kind = Form.useWatch<KeyFormValues['kind'] | undefined>('kind')
  const kinds = [
    { value: 'client', label: t('keys:kind.client') },
    { value: 'management', label: t('keys:kind.management') },
  ]
  const environments = [
    { value: 'live', label: t('keys:live') },
    { value: 'test', label: t('keys:test') },
  ]
  return (
    <>
      <Form.Item
        name="name"
        label={t('keys:form.name')}
        rules={[{ required: true, whitespace: true, message: t('keys:form.name_required') }]}
      >
        <Input autoComplete="off" maxLength={120} placeholder={t('keys:form.name_example')} />
      </Form.Item>
      {isNew && (
        <div className="two">
          <Form.Item
            name="kind"
            label={t('keys:form.kind')}
            extra={t(kind === 'management' ? 'keys:kind.management_hint' : 'keys:kind.client_hint')}
          >
            <Segmented block options={kinds} />
          </Form.Item>
          <Form.Item
            name="environment"
            label={t('keys:form.environment')}
            extra={t('keys:form.environment_hint')}
          >
            <Segmented block options={environments} />
          </Form.Item>
        </div>
      )}
      {kind === 'management' && <ScopeField />}
      {!isSelf && <OwnerFields />}
    </>
  )
}

function ScopeField() {
  const { t } = useTranslation()
  const { capabilities } = useMe()
  return (
    <Form.Item
      name="scopes"
      label={t('keys:form.scopes')}
      extra={t('keys:form.scopes_hint')}
      rules={[{ required: true, message: t('keys:form.scopes_required') }]}
    >
      <Select mode="multiple" options={capabilities.map((value) => ({ value, label: value }))} />
    </Form.Item>
  )
}

function OwnerFields() {
  const { t } = useTranslation()
  const tenant = useTenantSlug()
  const mayList = useAllowed(MEMBERS)
  const mayChoose = useAllowed(KEYS_ANY)
  const { data: owners } = useQuery({ ...ownersQuery(tenant), enabled: mayList && mayChoose })
  const { data: teams } = useQuery({ ...teamsQuery(tenant), enabled: mayChoose })
  if (!mayChoose) return null
  const people = (owners ?? []).map((user) => ({
    value: user.id,
    label: user.display_name ? `${user.display_name} (${user.email})` : user.email,
  }))
  const groups = (teams ?? []).map(({ id, name }) => ({ value: id, label: name }))
  return (
    <div className="two">
      {mayList && (
        <Form.Item name="owner" label={t('keys:form.owner')}>
          <Select
            allowClear
            showSearch={{ optionFilterProp: 'label' }}
            options={people}
            placeholder={t('keys:owner.service')}
          />
        </Form.Item>
      )}
      {groups.length > 0 && (
        <Form.Item name="team" label={t('keys:form.team')}>
          <Select allowClear options={groups} placeholder={t('keys:form.none')} />
        </Form.Item>
      )}
    </div>
  )
}
