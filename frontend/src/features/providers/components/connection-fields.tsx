import { Button, Collapse, Form, Input, Segmented, Select } from 'antd'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { useAllowed } from '../../../api/session'
import { PLATFORM_SYSTEM } from '../../../app/capabilities'
import type { ConnectionValues } from '../connection'
import { guess, slugOf, type Choice } from '../../../api/vendors'
import type { Kind } from '../../../api/types'
import { credentialKindText, isRegional } from '../kind-words'
import { AddressFields } from './address-fields'
import { SecretField } from './secret-field'
import { HeaderFields, ProxyField, TimeoutFields } from './transport-fields'

interface Props {
  choice: Choice
  kind: Kind
  all: Choice[]
  onSwitch: (choice: Choice) => void
}

export const SLUG = /^[a-z][a-z0-9_-]{0,62}$/

/** Name, address, credential; what most leave at its default is folded below. */
export function ConnectionFields({ choice, kind, all, onSwitch }: Props) {
  const { t } = useTranslation()
  const form = Form.useFormInstance<ConnectionValues>()
  const [isSlugOwn, setSlugOwn] = useState(false)
  const isMock = kind.kind === 'mock'
  const more = {
    key: 'more',
    label: t(isRegional(kind.kind) ? 'providers:add_page.more_regional' : 'providers:add_page.more'),
    forceRender: true,
    children: (
      <>
        <Audience />
        {!isRegional(kind.kind) && (
          <Form.Item
            name="region"
            label={t('providers:field.region')}
            extra={t('providers:field.region_hint')}
          >
            <Input autoComplete="off" placeholder={t('providers:field.none')} />
          </Form.Item>
        )}
        <TimeoutFields names={['connect_ms', 'ttft_ms', 'total_ms']} />
        <ProxyField />
        <HeaderFields />
      </>
    ),
  }
  return (
    <>
      <div className="two">
        <Form.Item
          name="name"
          label={t('providers:field.name')}
          rules={[{ required: true, whitespace: true, message: t('providers:field.name_required') }]}
        >
          <Input
            autoComplete="off"
            maxLength={120}
            onChange={(event) => {
              if (!isSlugOwn) form.setFieldValue('slug', slugOf(event.target.value))
            }}
          />
        </Form.Item>
        <Form.Item
          name="slug"
          label={t('providers:field.slug')}
          extra={t('providers:field.slug_hint')}
          rules={[{ required: true, pattern: SLUG, message: t('providers:field.slug_invalid') }]}
        >
          <Input
            className="mono-text"
            autoComplete="off"
            spellCheck={false}
            maxLength={63}
            onChange={() => setSlugOwn(true)}
          />
        </Form.Item>
      </div>
      {isMock && <Audience />}
      {!isMock && (
        <>
          <AddressFields kind={kind.kind} />
          <CredentialFields choice={choice} kind={kind} all={all} onSwitch={onSwitch} />
          <Collapse ghost className="folds" items={[more]} />
        </>
      )}
    </>
  )
}

/** Who runs the installation also decides whom a back-end is for. */
function Audience() {
  const { t } = useTranslation()
  if (!useAllowed(PLATFORM_SYSTEM)) return null
  const audiences = [
    { value: false, label: t('providers:audience.tenant') },
    { value: true, label: t('providers:audience.platform') },
  ]
  return (
    <Form.Item name="platform" label={t('providers:audience.label')} extra={t('providers:audience.hint')}>
      <Segmented block options={audiences} />
    </Form.Item>
  )
}

function CredentialFields({ choice, kind, all, onSwitch }: Props) {
  const { t } = useTranslation()
  const chosen = Form.useWatch<string | undefined>('credential_kind') ?? kind.credential_kinds[0]
  const secret = Form.useWatch<string | undefined>('secret') ?? ''
  const guessed = guess(all, secret)
  const other = guessed.some(({ id, kind: same }) => id === choice.id || same === choice.kind)
    ? undefined
    : guessed[0]
  const kinds = kind.credential_kinds.map((value) => ({
    value,
    label: t(credentialKindText(kind.kind, value)),
  }))
  return (
    <>
      <Form.Item name="credential_kind" label={t('providers:field.credential')} hidden={kinds.length < 2}>
        <Select options={kinds} />
      </Form.Item>
      {chosen === 'header' && (
        <Form.Item
          name="header"
          label={t('providers:field.header')}
          rules={[{ required: true, whitespace: true, message: t('providers:field.header_required') }]}
        >
          <Input className="mono-text" autoComplete="off" spellCheck={false} placeholder="X-Api-Key" />
        </Form.Item>
      )}
      {chosen !== 'none' && <SecretField kind={kind.kind} credential={chosen} />}
      {other && (
        <p className="note with-action" role="status">
          {t('providers:preset.looks_like', { name: other.label })}
          <Button size="small" onClick={() => onSwitch(other)}>
            {t('providers:preset.switch', { name: other.label })}
          </Button>
        </p>
      )}
    </>
  )
}
