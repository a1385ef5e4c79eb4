import { useMutation, useQueryClient } from '@tanstack/react-query'
import { Button, Modal } from 'antd'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { ApiKey, ApiKeyWithSecret } from '../../../api/types'
import { problemSentence } from '../../../ui/problem-text'
import { rotateMutation } from '../queries'
import { HOUR_S, OverlapChoice } from './overlap-choice'

interface Props {
  row: ApiKey
  onIssued: (key: ApiKeyWithSecret) => void
  onClose: () => void
}

export function RotateDialog({ row, onIssued, onClose }: Props) {
  const { t } = useTranslation()
  const client = useQueryClient()
  const [overlap, setOverlap] = useState<number>(HOUR_S)
  const rotate = useMutation({
    ...rotateMutation,
    onSuccess: (key) => {
      onIssued(key)
      void client.invalidateQueries({ queryKey: ['keys'] })
    },
  })
  return (
    <Modal
      open
      footer={null}
      closable={false}
      mask={{ closable: false }}
      className="confirm"
      onCancel={onClose}
    >
      <h2 className="dialog-title">{t('keys:rotate.title', { name: row.name })}</h2>
      <p className="muted">{t('keys:rotate.text', { suffix: row.suffix })}</p>
      <OverlapChoice label={t('keys:rotate.overlap')} value={overlap} onChange={setOverlap} />
      {rotate.isError && (
        <p className="form-error" role="alert">
          {problemSentence(rotate.error, t)}
        </p>
      )}
      <div className="dialog-foot">
        <Button onClick={onClose}>{t('common:cancel')}</Button>
        <Button
          type="primary"
          loading={rotate.isPending}
          onClick={() => rotate.mutate({ id: row.id, overlap_s: overlap })}
        >
          {t('keys:rotate.go')}
        </Button>
      </div>
    </Modal>
  )
}
