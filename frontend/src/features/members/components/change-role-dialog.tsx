import { useMutation, useQueryClient } from '@tanstack/react-query'
import { Button, Modal } from 'antd'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { Member, Role } from '../../../api/types'
import { problemSentence } from '../../../ui/problem-text'
import { changeMutation } from '../queries'
import { ROLES } from '../roles'
import { RoleSelect } from './role-select'
import { notify } from '../../../ui/notify'

interface Props {
  member: Member
  onClose: () => void
}

export function ChangeRoleDialog({ member, onClose }: Props) {
  const { t } = useTranslation()
  const client = useQueryClient()
  const [role, setRole] = useState<Role>(member.role)
  const name = member.user.display_name || member.user.email
  const change = useMutation({
    ...changeMutation,
    onSuccess: () => {
      void client.invalidateQueries({ queryKey: ['members'] })
      notify.done(t('members:role.changed', { name, role: t(ROLES[role].text) }))
      onClose()
    },
  })
  return (
    <Modal
      open
      footer={null}
      closable={false}
      mask={{ closable: false }}
      className="confirm"
      onCancel={onClose}
    >
      <h2 className="dialog-title">{t('members:role.title', { name })}</h2>
      <p className="muted">{t(ROLES[role].hint)}</p>
      <RoleSelect className="full" aria-label={t('members:column.role')} value={role} onChange={setRole} />
      {change.isError && (
        <p className="form-error" role="alert">
          {problemSentence(change.error, t)}
        </p>
      )}
      <div className="dialog-foot">
        <Button onClick={onClose}>{t('common:cancel')}</Button>
        <Button
          type="primary"
          disabled={role === member.role}
          loading={change.isPending}
          onClick={() => change.mutate({ id: member.id, version: member.version, role })}
        >
          {t('members:role.go')}
        </Button>
      </div>
    </Modal>
  )
}
