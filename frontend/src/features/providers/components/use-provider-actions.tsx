import { useMutation, useQueryClient } from '@tanstack/react-query'
import { lazy, Suspense, useState, type ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { useAllowed } from '../../../api/session'
import { PROVIDERS_WRITE } from '../../../app/capabilities'
import { notify } from '../../../ui/notify'
import { problemSentence } from '../../../ui/problem-text'
import type { RowAction } from '../../../ui/row-menu'
import { enableProviderMutation } from '../mutations'
import type { Provider } from '../types'

const TestDialog = lazy(async () => ({ default: (await import('./test-dialog')).TestDialog }))
const PauseDialog = lazy(async () => ({ default: (await import('./pause-dialog')).PauseDialog }))
const DeleteDialog = lazy(async () => ({ default: (await import('./delete-dialog')).DeleteDialog }))

type Dialog = { how: 'test' | 'disable' | 'drain' | 'delete'; row: Provider } | null

interface Host {
  /** The page that shows the row goes away with it. */
  onDeleted?: () => void
}

/** What can be done with a back-end in its present state, and the dialogs that ask first. */
export function useProviderActions({ onDeleted }: Host = {}): {
  actions: (row: Provider) => RowAction[]
  dialogs: ReactNode
} {
  const { t } = useTranslation()
  const client = useQueryClient()
  const mayWrite = useAllowed(PROVIDERS_WRITE)
  const [dialog, setDialog] = useState<Dialog>(null)
  const close = () => setDialog(null)
  const enable = useMutation({
    ...enableProviderMutation,
    onSuccess: (row) => {
      void client.invalidateQueries({ queryKey: ['providers'] })
      notify.done(t('providers:enable.done', { name: row.name }))
    },
    onError: (error) => notify.failed(problemSentence(error, t)),
  })
  const actions = (row: Provider): RowAction[] => {
    if (!mayWrite || !row.editable) return []
    const ask = (how: NonNullable<Dialog>['how']) => () => setDialog({ how, row })
    const isServing = row.enabled && !row.draining
    return [
      { key: 'test', label: t('providers:action.test'), run: ask('test') },
      ...(isServing
        ? [{ key: 'drain', label: t('providers:action.drain'), run: ask('drain') }]
        : [{ key: 'enable', label: t('providers:action.enable'), run: () => enable.mutate(row) }]),
      ...(row.enabled ? [{ key: 'disable', label: t('providers:action.disable'), run: ask('disable') }] : []),
      { key: 'delete', label: t('providers:action.delete'), danger: true, run: ask('delete') },
    ]
  }
  const dialogs = dialog && (
    <Suspense fallback={null}>
      {dialog.how === 'test' && (
        <TestDialog name={dialog.row.name} provider={dialog.row.id} onClose={close} />
      )}
      {(dialog.how === 'disable' || dialog.how === 'drain') && (
        <PauseDialog row={dialog.row} how={dialog.how} onClose={close} />
      )}
      {dialog.how === 'delete' && (
        <DeleteDialog
          row={dialog.row}
          onDone={() => {
            close()
            onDeleted?.()
          }}
          onClose={close}
        />
      )}
    </Suspense>
  )
  return { actions, dialogs }
}
