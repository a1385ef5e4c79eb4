import { useMutation, useQueryClient } from '@tanstack/react-query'
import { lazy, Suspense, useState, type ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { DangerConfirm } from '../../../ui/danger-confirm'
import { notify } from '../../../ui/notify'
import { problemSentence } from '../../../ui/problem-text'
import type { RowAction } from '../../../ui/row-menu'
import { deleteCredentialMutation, switchCredentialMutation } from '../mutations'
import type { Credential, Provider } from '../types'
import { EditCredential } from './credential-drawer'

const TestDialog = lazy(async () => ({ default: (await import('./test-dialog')).TestDialog }))
const RotateDialog = lazy(async () => ({ default: (await import('./rotate-dialog')).RotateDialog }))

type Dialog = { how: 'edit' | 'rotate' | 'test' | 'delete'; row: Credential } | null

/** States that end by a person's word: what was counted against the credential is forgotten. */
const RESETTABLE: readonly Credential['state'][] = ['disabled_auto', 'quarantined', 'exhausted']

export function useCredentialActions(provider: Provider): {
  actions: (row: Credential) => RowAction[]
  dialogs: ReactNode
} {
  const { t } = useTranslation()
  const client = useQueryClient()
  const [dialog, setDialog] = useState<Dialog>(null)
  const close = () => setDialog(null)
  const turn = useMutation({
    ...switchCredentialMutation,
    onSuccess: (row, { how }) => {
      void client.invalidateQueries({ queryKey: ['providers'] })
      notify.done(t(TURNED[how], { name: row.name }))
    },
    onError: (error) => notify.failed(problemSentence(error, t)),
  })
  const actions = (row: Credential): RowAction[] => {
    const ask = (how: NonNullable<Dialog>['how']) => () => setDialog({ how, row })
    const turnTo = (how: 'enable' | 'disable' | 'reset') => () =>
      turn.mutate({ provider: provider.id, id: row.id, version: row.version, how })
    const isUnconfirmed = row.state === 'needs_confirmation'
    return [
      { key: 'test', label: t('providers:action.test'), run: ask('test') },
      { key: 'edit', label: t('providers:action.edit'), run: ask('edit') },
      ...(row.kind === 'none'
        ? []
        : [{ key: 'rotate', label: t('providers:action.rotate'), run: ask('rotate') }]),
      ...(RESETTABLE.includes(row.state)
        ? [{ key: 'reset', label: t('providers:action.reset'), run: turnTo('reset') }]
        : []),
      ...(isUnconfirmed
        ? [{ key: 'confirm', label: t('providers:action.confirm'), run: turnTo('enable') }]
        : []),
      row.enabled
        ? { key: 'disable', label: t('providers:action.disable'), run: turnTo('disable') }
        : { key: 'enable', label: t('providers:action.enable'), run: turnTo('enable') },
      { key: 'delete', label: t('providers:action.delete'), danger: true, run: ask('delete') },
    ]
  }
  const dialogs = dialog && (
    <Suspense fallback={null}>
      {dialog.how === 'edit' && <EditCredential provider={provider} loaded={dialog.row} onClose={close} />}
      {dialog.how === 'rotate' && <RotateDialog provider={provider} row={dialog.row} onClose={close} />}
      {dialog.how === 'test' && (
        <TestDialog
          name={dialog.row.name}
          provider={provider.id}
          credential={dialog.row.id}
          onClose={close}
        />
      )}
      {dialog.how === 'delete' && <DeleteCredential provider={provider} row={dialog.row} onClose={close} />}
    </Suspense>
  )
  return { actions, dialogs }
}

const TURNED = {
  enable: 'providers:enable.done',
  disable: 'providers:disable.done',
  reset: 'providers:credential.reset_done',
} as const

interface DeleteProps {
  provider: Provider
  row: Credential
  onClose: () => void
}

function DeleteCredential({ provider, row, onClose }: DeleteProps) {
  const { t } = useTranslation()
  const client = useQueryClient()
  const remove = useMutation({
    ...deleteCredentialMutation,
    onSuccess: () => {
      void client.invalidateQueries({ queryKey: ['providers'] })
      notify.done(t('providers:delete.done', { name: row.name }))
      onClose()
    },
  })
  return (
    <DangerConfirm
      open
      title={t('providers:credential.delete_title', { name: row.name })}
      effects={<p className="muted">{t('providers:credential.delete_effect')}</p>}
      action={t('providers:credential.delete_go')}
      keep={t('providers:credential.delete_keep')}
      name={row.name}
      isBusy={remove.isPending}
      error={remove.error}
      onConfirm={() => remove.mutate({ provider: provider.id, id: row.id, version: row.version })}
      onCancel={onClose}
    />
  )
}
