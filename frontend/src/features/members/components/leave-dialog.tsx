import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import type { Member } from '../../../api/types'
import { DangerConfirm } from '../../../ui/danger-confirm'
import { changeMutation, removeMutation } from '../queries'
import { notify } from '../../../ui/notify'

interface Props {
  member: Member
  how: 'disable' | 'remove'
  onClose: () => void
}

/** Says before it happens what becomes of the person's keys. */
export function LeaveDialog({ member, how, onClose }: Props) {
  const { t } = useTranslation()
  const client = useQueryClient()
  const name = member.user.display_name || member.user.email
  const done = (text: string) => {
    void client.invalidateQueries({ queryKey: ['members'] })
    void client.invalidateQueries({ queryKey: ['keys'] })
    notify.done(text)
    onClose()
  }
  const remove = useMutation({
    ...removeMutation,
    onSuccess: (answer) => done(t('members:remove.done', { name, count: answer.keys_disabled })),
  })
  const disable = useMutation({
    ...changeMutation,
    onSuccess: () => done(t('members:disable.done', { name })),
  })
  const isRemove = how === 'remove'
  const { id, version } = member
  return (
    <DangerConfirm
      open
      title={t(isRemove ? 'members:remove.title' : 'members:disable.title', { name })}
      effects={
        <>
          <p>{t(isRemove ? 'members:remove.keys' : 'members:disable.keys', { count: member.key_count })}</p>
          <p className="muted">{t(isRemove ? 'members:remove.effect' : 'members:disable.effect')}</p>
        </>
      }
      action={t(isRemove ? 'members:remove.go' : 'members:disable.go')}
      keep={t('members:keep')}
      {...(isRemove ? { name } : {})}
      isBusy={remove.isPending || disable.isPending}
      error={remove.error ?? disable.error}
      onConfirm={() =>
        isRemove ? remove.mutate({ id, version }) : disable.mutate({ id, version, status: 'disabled' })
      }
      onCancel={onClose}
    />
  )
}
