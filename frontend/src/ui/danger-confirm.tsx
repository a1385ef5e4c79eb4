import { Button, Input, Modal, type InputRef } from 'antd'
import { useState, type ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { problemSentence } from './problem-text'
import { useFocus } from './use-focus'
import { useOnline } from './use-online'

interface Props {
  open: boolean
  /** The question: "Revoke checkout-service?" */
  title: string
  /** What happens, number first. */
  effects: ReactNode
  /** The button says what happens. */
  action: string
  keep: string
  /** Typed before the action wakes; absent for reversible actions. */
  name?: string
  isBusy: boolean
  error?: unknown
  onConfirm: () => void
  onCancel: () => void
}

export function DangerConfirm(props: Props) {
  return (
    <Modal
      open={props.open}
      title={props.title}
      className="confirm"
      footer={null}
      closable={false}
      destroyOnHidden
      mask={{ closable: false }}
      onCancel={props.onCancel}
    >
      {props.open && <Body {...props} />}
    </Modal>
  )
}

function Body({ effects, action, keep, name, isBusy, error, onConfirm, onCancel }: Props) {
  const { t } = useTranslation()
  const [typed, setTyped] = useState('')
  const field = useFocus<InputRef>()
  const isOnline = useOnline()
  const isReady = isOnline && (name === undefined || typed.trim() === name.trim())
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault()
        if (isReady && !isBusy) onConfirm()
      }}
    >
      <div className="effects">{effects}</div>
      {name !== undefined && (
        <div className="field">
          <label htmlFor="confirm-name">{t('common:confirm.type_name', { name })}</label>
          <Input
            id="confirm-name"
            ref={field}
            value={typed}
            autoComplete="off"
            onChange={(event) => setTyped(event.target.value)}
          />
        </div>
      )}
      {error !== null && error !== undefined && (
        <p className="form-error" role="alert">
          {problemSentence(error, t)}
        </p>
      )}
      <div className="dialog-foot">
        <Button onClick={onCancel}>{keep}</Button>
        <Button danger type="primary" htmlType="submit" disabled={!isReady} loading={isBusy}>
          {action}
        </Button>
      </div>
    </form>
  )
}
