import { useMutation, useQueryClient } from '@tanstack/react-query'
import { lazy, Suspense, useState, type ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { DangerConfirm } from '../../../ui/danger-confirm'
import { notify } from '../../../ui/notify'
import { problemSentence } from '../../../ui/problem-text'
import type { RowAction } from '../../../ui/row-menu'
import { deleteModelMutation, updateModel } from '../mutations'
import type { Provider, UpstreamModel } from '../types'

const EditModel = lazy(async () => ({ default: (await import('./model-drawer')).EditModel }))

type Dialog = { how: 'edit' | 'delete'; row: UpstreamModel } | null

export function useModelActions(provider: Provider): {
  actions: (row: UpstreamModel) => RowAction[]
  dialogs: ReactNode
} {
  const { t } = useTranslation()
  const client = useQueryClient()
  const [dialog, setDialog] = useState<Dialog>(null)
  const close = () => setDialog(null)
  const refresh = () => void client.invalidateQueries({ queryKey: ['providers'] })
  const turn = useMutation({
    mutationKey: ['providers', 'model', 'turn'],
    mutationFn: ({ id, version, enabled }: UpstreamModel) =>
      updateModel({ provider: provider.id, id, version, changes: { enabled: !enabled } }),
    onSuccess: refresh,
    onError: (error) => notify.failed(problemSentence(error, t)),
  })
  const remove = useMutation({
    ...deleteModelMutation,
    onSuccess: () => {
      refresh()
      close()
    },
  })
  const actions = (row: UpstreamModel): RowAction[] =>
    provider.editable
      ? [
          { key: 'edit', label: t('providers:action.edit'), run: () => setDialog({ how: 'edit', row }) },
          {
            key: 'turn',
            label: t(row.enabled ? 'providers:action.disable' : 'providers:action.enable'),
            run: () => turn.mutate(row),
          },
          {
            key: 'delete',
            label: t('providers:action.delete'),
            danger: true,
            run: () => setDialog({ how: 'delete', row }),
          },
        ]
      : []
  const dialogs = dialog && (
    <Suspense fallback={null}>
      {dialog.how === 'edit' ? (
        <EditModel provider={provider} loaded={dialog.row} onClose={close} />
      ) : (
        <DangerConfirm
          open
          title={t('providers:model.delete_title', { name: dialog.row.public_name })}
          effects={<p className="muted">{t('providers:model.delete_effect')}</p>}
          action={t('providers:model.delete_go')}
          keep={t('providers:model.delete_keep')}
          isBusy={remove.isPending}
          error={remove.error}
          onConfirm={() =>
            remove.mutate({ provider: provider.id, id: dialog.row.id, version: dialog.row.version })
          }
          onCancel={close}
        />
      )}
    </Suspense>
  )
  return { actions, dialogs }
}
