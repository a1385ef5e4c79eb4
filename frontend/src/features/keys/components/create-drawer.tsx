import { useMutation, useQueryClient } from '@tanstack/react-query'
import { Form } from 'antd'
import { useTranslation } from 'react-i18next'
import { isProblem } from '../../../api/problem'
import { useMe } from '../../../api/session'
import type { ApiKeyWithSecret } from '../../../api/types'
import { dropDraft } from '../../../ui/form/drafts'
import { FormDrawer } from '../../../ui/form/form-drawer'
import { showServerErrors } from '../../../ui/form/server-errors'
import { creation, NEW_KEY, type KeyFormValues } from '../key-form'
import { createMutation } from '../queries'
import { KeyFields } from './key-fields'

interface Props {
  isSelf: boolean
  onIssued: (key: ApiKeyWithSecret) => void
  onClose: () => void
}

const DRAFT = 'keys.create'

export function CreateDrawer({ isSelf, onIssued, onClose }: Props) {
  const { t } = useTranslation()
  const me = useMe()
  const client = useQueryClient()
  const [form] = Form.useForm<KeyFormValues>()
  const create = useMutation({
    ...createMutation,
    onSuccess: (key) => {
      dropDraft(DRAFT)
      onIssued(key)
      void client.invalidateQueries({ queryKey: ['keys'] })
    },
    onError: (error) => void showServerErrors(form, error, t),
  })
  const isAtField = isProblem(create.error) && create.error.fields.length > 0
  return (
    <FormDrawer<KeyFormValues>
      open
      draft={DRAFT}
      title={t('keys:create_title')}
      form={form}
      initialValues={{ ...NEW_KEY, owner: me.user.id }}
      submit={t('keys:create')}
      isBusy={create.isPending}
      error={isAtField ? null : create.error}
      onSubmit={(values) => create.mutate(creation(isSelf ? { ...values, owner: me.user.id } : values))}
      onClose={onClose}
    >
      <KeyFields isNew isSelf={isSelf} />
    </FormDrawer>
  )
}
