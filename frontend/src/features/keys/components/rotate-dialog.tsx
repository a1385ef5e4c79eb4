import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import type { ApiKey, ApiKeyWithSecret } from '../../../api/types'
import { rotateMutation } from '../queries'
import { OverlapDialog } from './overlap-dialog'

interface Props {
  row: ApiKey
  onIssued: (key: ApiKeyWithSecret) => void
  onClose: () => void
}

export function RotateDialog({ row, onIssued, onClose }: Props) {
  const { t } = useTranslation()
  const client = useQueryClient()
  const rotate = useMutation({
    ...rotateMutation,
    onSuccess: (key) => {
      onIssued(key)
      void client.invalidateQueries({ queryKey: ['keys'] })
    },
  })
  return (
    <OverlapDialog
      title={t('keys:rotate.title', { name: row.name })}
      overlapLabel={t('keys:rotate.overlap')}
      goText={t('keys:rotate.go')}
      making={rotate}
      onGo={(overlap_s) => rotate.mutate({ id: row.id, overlap_s })}
      onClose={onClose}
    >
      <p className="muted">{t('keys:rotate.text', { suffix: row.suffix })}</p>
    </OverlapDialog>
  )
}
