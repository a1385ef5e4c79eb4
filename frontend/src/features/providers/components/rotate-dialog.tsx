import { useMutation, useQueryClient } from '@tanstack/react-query'
import { Button, Input, Modal, type InputRef } from 'antd'
import { useId, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { notify } from '../../../ui/notify'
import { problemSentence } from '../../../ui/problem-text'
import { useFocus } from '../../../ui/use-focus'
import { useOnline } from '../../../ui/use-online'
import { secretWords } from '../kind-words'
import { rotateCredentialMutation } from '../mutations'
import type { Credential, Provider } from '../types'

interface Props {
  provider: Provider
  row: Credential
  onClose: () => void
}

/** A new secret in place of the old one: a call of its own, never a field of another form (CO-17). */
export function RotateDialog({ provider, row, onClose }: Props) {
  const { t } = useTranslation()
  const client = useQueryClient()
  const id = useId()
  const field = useFocus<InputRef>()
  const isOnline = useOnline()
  const [secret, setSecret] = useState('')
  const rotate = useMutation({
    ...rotateCredentialMutation,
    onSuccess: () => {
      void client.invalidateQueries({ queryKey: ['providers'] })
      notify.done(t('providers:rotate.done', { name: row.name }))
      onClose()
    },
  })
  const isReady = secret.trim() !== '' && isOnline
  return (
    <Modal
      open
      footer={null}
      closable={false}
      mask={{ closable: false }}
      className="confirm"
      onCancel={onClose}
    >
      <form
        onSubmit={(event) => {
          event.preventDefault()
          if (isReady && !rotate.isPending)
            rotate.mutate({ provider: provider.id, id: row.id, version: row.version, secret: secret.trim() })
        }}
      >
        <h2 className="dialog-title">{t('providers:rotate.title', { name: row.name })}</h2>
        <p className="muted">{t('providers:rotate.text', { suffix: row.suffix })}</p>
        <div className="field rotate-field">
          <label htmlFor={id}>{t('providers:rotate.secret')}</label>
          <Input.Password
            id={id}
            ref={field}
            className="mono-text"
            autoComplete="off"
            placeholder={secretWords(provider.kind, row.kind).form?.shown ?? ''}
            value={secret}
            onChange={(event) => setSecret(event.target.value)}
          />
        </div>
        {rotate.isError && (
          <p className="form-error" role="alert">
            {problemSentence(rotate.error, t)}
          </p>
        )}
        <div className="dialog-foot">
          <Button onClick={onClose}>{t('common:cancel')}</Button>
          <Button type="primary" htmlType="submit" disabled={!isReady} loading={rotate.isPending}>
            {t('providers:rotate.go')}
          </Button>
        </div>
      </form>
    </Modal>
  )
}
