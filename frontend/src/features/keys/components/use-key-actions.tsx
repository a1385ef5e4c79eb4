import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState, type ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import type { ApiKey, ApiKeyWithSecret } from '../../../api/types'
import type { RowAction } from '../../../ui/row-menu'
import { problemSentence } from '../../../ui/problem-text'
import { cloneMutation, enableMutation } from '../queries'
import { RotateDialog } from './rotate-dialog'
import { StopDialog } from './stop-dialog'
import { notify } from '../../../ui/notify'

type Dialog = { how: 'rotate' | 'disable' | 'revoke'; row: ApiKey } | null

interface Host {
  edit: (row: ApiKey) => void
  onIssued: (key: ApiKeyWithSecret) => void
}

/** What can be done with a key in its present state, and the dialogs that ask first. */
export function useKeyActions({ edit, onIssued }: Host): {
  actions: (row: ApiKey) => RowAction[]
  dialogs: ReactNode
} {
  const { t } = useTranslation()
  const client = useQueryClient()
  const [dialog, setDialog] = useState<Dialog>(null)
  const refresh = () => void client.invalidateQueries({ queryKey: ['keys'] })
  const complain = (error: unknown) => notify.failed(problemSentence(error, t))
  const enable = useMutation({ ...enableMutation, onSuccess: refresh, onError: complain })
  const clone = useMutation({
    ...cloneMutation,
    onSuccess: (key) => {
      onIssued(key)
      refresh()
    },
    onError: complain,
  })
  const close = () => setDialog(null)
  const actions = (row: ApiKey): RowAction[] => {
    if (row.status === 'revoked')
      return [{ key: 'clone', label: t('keys:action.clone'), run: () => clone.mutate(row) }]
    const isDisabled = row.status === 'disabled'
    return [
      { key: 'edit', label: t('keys:action.edit'), run: () => edit(row) },
      { key: 'rotate', label: t('keys:action.rotate'), run: () => setDialog({ how: 'rotate', row }) },
      { key: 'clone', label: t('keys:action.clone'), run: () => clone.mutate(row) },
      isDisabled
        ? { key: 'enable', label: t('keys:action.enable'), run: () => enable.mutate(row) }
        : { key: 'disable', label: t('keys:action.disable'), run: () => setDialog({ how: 'disable', row }) },
      {
        key: 'revoke',
        label: t('keys:action.revoke'),
        danger: true,
        run: () => setDialog({ how: 'revoke', row }),
      },
    ]
  }
  const dialogs = dialog && (
    <>
      {dialog.how === 'rotate' ? (
        <RotateDialog
          row={dialog.row}
          onIssued={(key) => {
            close()
            onIssued(key)
          }}
          onClose={close}
        />
      ) : (
        <StopDialog row={dialog.row} how={dialog.how} onClose={close} />
      )}
    </>
  )
  return { actions, dialogs }
}
