import { useMutation, useQueryClient } from '@tanstack/react-query'
import { Button, Modal, Radio } from 'antd'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { ApiKey, ApiKeyWithSecret } from '../../../api/types'
import { problemSentence } from '../../../ui/problem-text'
import { rotateMutation } from '../queries'

const OVERLAPS = [
  { seconds: 0, text: 'keys:rotate.none' },
  { seconds: 3600, text: 'keys:rotate.hour' },
  { seconds: 86_400, text: 'keys:rotate.day' },
] as const

interface Props {
  row: ApiKey
  onIssued: (key: ApiKeyWithSecret) => void
  onClose: () => void
}

export function RotateDialog({ row, onIssued, onClose }: Props) {
  const { t } = useTranslation()
  const client = useQueryClient()
  const [overlap, setOverlap] = useState<number>(OVERLAPS[1].seconds)
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
      <Radio.Group
        className="choices"
        aria-label={t('keys:rotate.overlap')}
        value={overlap}
        onChange={(event) => setOverlap(event.target.value as number)}
        options={OVERLAPS.map(({ seconds, text }) => ({ value: seconds, label: t(text) }))}
      />
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
