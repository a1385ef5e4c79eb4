import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { Form, Input, Select } from 'antd'
import { useTranslation } from 'react-i18next'
import { isProblem } from '../../../api/problem'
import { useTenantSlug } from '../../../api/session'
import type { InviteWithLink, Role } from '../../../api/types'
import { dropDraft } from '../../../ui/form/drafts'
import { FormDrawer } from '../../../ui/form/form-drawer'
import { showServerErrors } from '../../../ui/form/server-errors'
import { inviteMutation, teamsQuery } from '../queries'
import { RoleSelect } from './role-select'

interface Values {
  email: string
  role: Role
  team?: string | null
}

const DRAFT = 'members.invite'

interface Props {
  onInvited: (invite: InviteWithLink) => void
  onClose: () => void
}

export function InviteDrawer({ onInvited, onClose }: Props) {
  const { t } = useTranslation()
  const client = useQueryClient()
  const tenant = useTenantSlug()
  const { data: teams } = useQuery(teamsQuery(tenant))
  const [form] = Form.useForm<Values>()
  const invite = useMutation({
    ...inviteMutation,
    onSuccess: (made) => {
      dropDraft(DRAFT)
      onInvited(made)
      void client.invalidateQueries({ queryKey: ['members'] })
    },
    onError: (error) => void showServerErrors(form, error, t),
  })
  const isAtField = isProblem(invite.error) && invite.error.fields.length > 0
  const groups = (teams ?? []).map(({ id, name }) => ({ value: id, label: name }))
  return (
    <FormDrawer<Values>
      open
      draft={DRAFT}
      title={t('members:invite.title')}
      form={form}
      initialValues={{ email: '', role: 'developer' }}
      submit={t('members:invite.send')}
      isBusy={invite.isPending}
      error={isAtField ? null : invite.error}
      onSubmit={({ email, role, team }) =>
        invite.mutate({ email: email.trim(), role, ...(team ? { team } : {}) })
      }
      onClose={onClose}
    >
      <Form.Item
        name="email"
        label={t('members:email')}
        rules={[{ required: true, type: 'email', message: t('members:invite.email_invalid') }]}
      >
        <Input inputMode="email" autoComplete="off" autoCapitalize="none" spellCheck={false} />
      </Form.Item>
      <Form.Item name="role" label={t('members:column.role')}>
        <RoleSelect />
      </Form.Item>
      {groups.length > 0 && (
        <Form.Item name="team" label={t('members:team')}>
          <Select allowClear options={groups} placeholder={t('members:no_team')} />
        </Form.Item>
      )}
    </FormDrawer>
  )
}
