import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { DangerConfirm } from '../../../ui/danger-confirm'
import { notify } from '../../../ui/notify'
import { disableProviderMutation, drainProviderMutation } from '../mutations'
import type { Provider } from '../types'

interface Props {
  row: Provider
  how: 'disable' | 'drain'
  onClose: () => void
}

/** Draining lets running exchanges end; disabling takes the back-end out of every choice at once. */
export function PauseDialog({ row, how, onClose }: Props) {
  const { t } = useTranslation()
  const client = useQueryClient()
  const isDrain = how === 'drain'
  const pause = useMutation({
    ...(isDrain ? drainProviderMutation : disableProviderMutation),
    onSuccess: () => {
      void client.invalidateQueries({ queryKey: ['providers'] })
      notify.done(t(isDrain ? 'providers:drain.done' : 'providers:disable.done', { name: row.name }))
      onClose()
    },
  })
  return (
    <DangerConfirm
      open
      title={t(isDrain ? 'providers:drain.title' : 'providers:disable.title', { name: row.name })}
      effects={
        <>
          <p>{t('providers:pause.models', { count: row.models_enabled })}</p>
          <p className="muted">{t(isDrain ? 'providers:drain.effect' : 'providers:disable.effect')}</p>
        </>
      }
      action={t(isDrain ? 'providers:drain.go' : 'providers:disable.go')}
      keep={t('providers:pause.keep')}
      isBusy={pause.isPending}
      error={pause.error}
      onConfirm={() => pause.mutate({ id: row.id, version: row.version })}
      onCancel={onClose}
    />
  )
}
