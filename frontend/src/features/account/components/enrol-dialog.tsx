import { useMutation } from '@tanstack/react-query'
import { Button, Input, Modal, QRCode, type InputRef } from 'antd'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { CopyButton } from '../../../ui/copy-button'
import { problemSentence } from '../../../ui/problem-text'
import { useFocus } from '../../../ui/use-focus'
import { activateMutation } from '../queries'

interface Props {
  secret: string
  url: string
  onActive: (recoveryCodes: string[]) => void
  onClose: () => void
}

const QR_PX = 176

/** Scan or type the secret, then prove it with a first code. */
export function EnrolDialog({ secret, url, onActive, onClose }: Props) {
  const { t } = useTranslation()
  const [code, setCode] = useState('')
  const field = useFocus<InputRef>()
  const activate = useMutation({ ...activateMutation, onSuccess: onActive })
  return (
    <Modal
      open
      footer={null}
      closable={false}
      mask={{ closable: false }}
      className="confirm"
      width={480}
      onCancel={onClose}
    >
      <h2 className="dialog-title">{t('account:mfa.enrol_title')}</h2>
      <p className="muted">{t('account:mfa.enrol_text')}</p>
      <div className="qr">
        <QRCode type="svg" value={url} size={QR_PX} color="#000000" bgColor="#ffffff" />
        <div>
          <p className="muted small">{t('account:mfa.secret')}</p>
          <p className="mono secret-text">
            {secret}
            <CopyButton iconOnly text={secret} label={t('account:mfa.secret')} />
          </p>
        </div>
      </div>
      <form
        onSubmit={(event) => {
          event.preventDefault()
          if (code) activate.mutate(code)
        }}
      >
        <div className="field">
          <label htmlFor="totp">{t('account:mfa.code')}</label>
          <Input
            id="totp"
            ref={field}
            value={code}
            inputMode="numeric"
            autoComplete="one-time-code"
            onChange={(event) => setCode(event.target.value)}
          />
        </div>
        {activate.isError && (
          <p className="form-error" role="alert">
            {problemSentence(activate.error, t)}
          </p>
        )}
        <div className="dialog-foot">
          <Button onClick={onClose}>{t('common:cancel')}</Button>
          <Button type="primary" htmlType="submit" disabled={!code} loading={activate.isPending}>
            {t('account:mfa.activate')}
          </Button>
        </div>
      </form>
    </Modal>
  )
}
