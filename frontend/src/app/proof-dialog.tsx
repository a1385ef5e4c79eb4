import { Button, Input, Modal, Segmented, type InputRef } from 'antd'
import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { proveByCode, proveByPassword } from '../api/auth'
import { settleProof } from '../api/step-up'
import { problemSentence } from '../ui/problem-text'
import { useFocus } from '../ui/use-focus'

type Way = 'password' | 'code'
const PROOFS = { password: proveByPassword, code: proveByCode }

/** The default export is what `lazy` asks for. */
export default function ProofDialog() {
  const { t } = useTranslation()
  const [way, setWay] = useState<Way>('password')
  const [value, setValue] = useState('')
  const field = useFocus<InputRef>()
  const prove = useMutation({
    mutationFn: () => PROOFS[way](value.trim()),
    onSuccess: () => settleProof({ proved: true }),
  })
  const choose = (next: Way) => {
    setWay(next)
    setValue('')
    prove.reset()
  }
  const label = t(way === 'password' ? 'dialogs:step_up.password' : 'dialogs:step_up.code')
  const shared = {
    id: 'step-up',
    ref: field,
    value,
    onChange: (event: { target: { value: string } }) => setValue(event.target.value),
  }
  return (
    <Modal open footer={null} closable={false} mask={{ closable: false }} className="confirm" width={440}>
      <h2 className="dialog-title">{t('dialogs:step_up.title')}</h2>
      <p className="muted">{t('dialogs:step_up.text')}</p>
      <form
        onSubmit={(event) => {
          event.preventDefault()
          if (value) prove.mutate()
        }}
      >
        <Segmented<Way>
          className="step-up-way"
          value={way}
          onChange={choose}
          options={[
            { value: 'password', label: t('dialogs:step_up.by_password') },
            { value: 'code', label: t('dialogs:step_up.by_code') },
          ]}
        />
        <div className="field">
          <label htmlFor="step-up">{label}</label>
          {way === 'password' ? (
            <Input.Password key="password" {...shared} autoComplete="current-password" />
          ) : (
            <Input key="code" {...shared} autoComplete="one-time-code" inputMode="numeric" />
          )}
        </div>
        {prove.isError && (
          <p className="form-error" role="alert">
            {problemSentence(prove.error, t)}
          </p>
        )}
        <div className="dialog-foot">
          <Button onClick={() => settleProof({ proved: false })}>{t('common:cancel')}</Button>
          <Button type="primary" htmlType="submit" disabled={!value} loading={prove.isPending}>
            {t('dialogs:step_up.go')}
          </Button>
        </div>
      </form>
    </Modal>
  )
}
