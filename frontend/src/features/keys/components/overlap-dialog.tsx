import { Button, Modal } from 'antd'
import { useState, type ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { problemSentence } from '../../../ui/problem-text'
import { HOUR_S, OverlapChoice } from './overlap-choice'

interface Props {
  title: string
  /** What is made, and what becomes of the one before. */
  children: ReactNode
  overlapLabel: string
  goText: string
  making: { isPending: boolean; error: unknown }
  onGo: (overlapS: number) => void
  onClose: () => void
}

/** Before a secret is made anew: how long the old one goes on beside it. */
export function OverlapDialog({ title, children, overlapLabel, goText, making, onGo, onClose }: Props) {
  const { t } = useTranslation()
  const [overlap, setOverlap] = useState<number>(HOUR_S)
  return (
    <Modal
      open
      footer={null}
      closable={false}
      mask={{ closable: false }}
      className="confirm"
      onCancel={onClose}
    >
      <h2 className="dialog-title">{title}</h2>
      {children}
      <OverlapChoice label={overlapLabel} value={overlap} onChange={setOverlap} />
      {making.error !== null && (
        <p className="form-error" role="alert">
          {problemSentence(making.error, t)}
        </p>
      )}
      <div className="dialog-foot">
        <Button onClick={onClose}>{t('common:cancel')}</Button>
        <Button type="primary" loading={making.isPending} onClick={() => onGo(overlap)}>
          {goText}
        </Button>
      </div>
    </Modal>
  )
}
