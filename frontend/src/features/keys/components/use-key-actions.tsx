import { useMutation, useQueryClient } from '@tanstack/react-query'
import { lazy, useState, type ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import type { ApiKey, ApiKeyWithSecret } from '../../../api/types'
import type { RowAction } from '../../../ui/row-menu'
import { problemSentence } from '../../../ui/problem-text'
import { cloneMutation, enableMutation } from '../queries'
import { RotateDialog } from './rotate-dialog'
import { StopDialog } from './stop-dialog'
import { notify } from '../../../ui/notify'

const AwsPairDialog = lazy(async () => ({ default: (await import('./aws-pair-dialog')).AwsPairDialog }))

interface Dialog {
  how: 'rotate' | 'aws' | 'disable' | 'revoke'
  row: ApiKey
}

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
  const [dialog, setDialog] = useState<Dialog | null>(null)
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
    const awsPair = { key: 'aws', label: t('keys:action.aws'), run: () => setDialog({ how: 'aws', row }) }
    return [
      { key: 'edit', label: t('keys:action.edit'), run: () => edit(row) },
      { key: 'rotate', label: t('keys:action.rotate'), run: () => setDialog({ how: 'rotate', row }) },
      ...(row.kind === 'client' ? [awsPair] : []),
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
  const issued = (key: ApiKeyWithSecret) => {
    close()
    onIssued(key)
  }
  return { actions, dialogs: dialog && <ActionDialog dialog={dialog} onIssued={issued} onClose={close} /> }
}

interface DialogProps {
  dialog: Dialog
  onIssued: (key: ApiKeyWithSecret) => void
  onClose: () => void
}

function ActionDialog({ dialog: { how, row }, onIssued, onClose }: DialogProps) {
  if (how === 'rotate') return <RotateDialog row={row} onIssued={onIssued} onClose={onClose} />
  if (how === 'aws') return <AwsPairDialog row={row} onClose={onClose} />
  return <StopDialog row={row} how={how} onClose={onClose} />
}
