import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { Form } from 'antd'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { isProblem, type Problem } from '../../../api/problem'
import { useTenantSlug } from '../../../api/session'
import type { ApiKey, ApiKeyWrite } from '../../../api/types'
import { ConflictDialog } from '../../../ui/conflict-dialog'
import { dropDraft } from '../../../ui/form/drafts'
import { FormDrawer } from '../../../ui/form/form-drawer'
import { showServerErrors } from '../../../ui/form/server-errors'
import { changedFields, currentFields, toForm, type KeyFormValues } from '../key-form'
import { keyQuery, updateMutation } from '../queries'
import { KeyFields } from './key-fields'
import { notify } from '../../../ui/notify'

interface Props {
  id: string
  isSelf: boolean
  onClose: () => void
}

/** Waits for the newest version of the key, then edits that one. */
export function EditDrawer({ id, isSelf, onClose }: Props) {
  const tenant = useTenantSlug()
  const { data, isPlaceholderData } = useQuery(keyQuery(tenant, id))
  if (!data || isPlaceholderData) return null
  return <Editor key={data.id} loaded={data} isSelf={isSelf} onClose={onClose} />
}

interface Conflict {
  problem: Problem
  changes: ApiKeyWrite
  current: ApiKey
}

function Editor({ loaded, isSelf, onClose }: { loaded: ApiKey; isSelf: boolean; onClose: () => void }) {
  const { t } = useTranslation()
  const tenant = useTenantSlug()
  const client = useQueryClient()
  const [form] = Form.useForm<KeyFormValues>()
  const draft = `keys.edit.${loaded.id}`
  // Refetches in the background must not move the ground under somebody who types.
  const [base, setBase] = useState(loaded)
  const [conflict, setConflict] = useState<Conflict | null>(null)
  const save = useMutation({
    ...updateMutation,
    onSuccess: (key) => {
      dropDraft(draft)
      client.setQueryData(keyQuery(tenant, key.id).queryKey, key)
      void client.invalidateQueries({ queryKey: ['keys'] })
      notify.done(t(key.propagated ? 'keys:saved' : 'keys:saved_not_yet'))
      onClose()
    },
    onError: async (error, { changes }) => {
      if (!isProblem(error) || error.code !== 'version_conflict') {
        showServerErrors(form, error, t)
        return
      }
      const current = await client.query({ ...keyQuery(tenant, base.id), staleTime: 0 })
      setConflict({ problem: error, changes, current })
    },
  })
  const submit = (values: KeyFormValues) => {
    const changes = changedFields(toForm(base), values)
    if (Object.keys(changes).length === 0) onClose()
    else save.mutate({ id: base.id, version: base.version, changes })
  }
  const reload = (current: ApiKey) => {
    setBase(current)
    form.resetFields()
    form.setFieldsValue(toForm(current))
    setConflict(null)
    save.reset()
  }
  const isElsewhere =
    isProblem(save.error) && (save.error.fields.length > 0 || save.error.code === 'version_conflict')
  return (
    <>
      <FormDrawer<KeyFormValues>
        open
        draft={draft}
        title={t('keys:edit_title', { name: base.name })}
        form={form}
        initialValues={toForm(base)}
        submit={t('common:save')}
        isBusy={save.isPending}
        error={isElsewhere ? null : save.error}
        onSubmit={submit}
        onClose={onClose}
      >
        <KeyFields isNew={false} isSelf={isSelf} />
      </FormDrawer>
      {conflict && (
        <ConflictDialog
          problem={conflict.problem}
          theirs={currentFields(conflict.current, conflict.changes)}
          mine={conflict.changes}
          isBusy={save.isPending}
          onReload={() => reload(conflict.current)}
          onReapply={() => {
            setBase(conflict.current)
            setConflict(null)
            save.mutate({ id: base.id, version: conflict.current.version, changes: conflict.changes })
          }}
        />
      )}
    </>
  )
}
