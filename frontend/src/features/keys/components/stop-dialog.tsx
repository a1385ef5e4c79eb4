import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import type { ApiKey } from '../../../api/types'
import { relativeTime } from '../../../i18n/format'
import { DangerConfirm } from '../../../ui/danger-confirm'
import { NotYetDialog } from './not-yet-dialog'
import { useZone } from '../../../ui/use-zone'
import { disableMutation, revokeMutation } from '../queries'
import { notify } from '../../../ui/notify'

interface Props {
  row: ApiKey
  how: 'disable' | 'revoke'
  onClose: () => void
}

/** Disable can be taken back; revoke cannot, so its name is typed. */
export function StopDialog({ row, how, onClose }: Props) {
  const { t } = useTranslation()
  const { language } = useZone()
  const client = useQueryClient()
  const done = t(how === 'revoke' ? 'keys:revoke.done' : 'keys:disable.done', { name: row.name })
  const stop = useMutation({
    ...(how === 'revoke' ? revokeMutation : disableMutation),
    onSuccess: ({ propagated }) => {
      void client.invalidateQueries({ queryKey: ['keys'] })
      if (!propagated) return
      notify.done(done)
      onClose()
    },
  })
  if (stop.data && !stop.data.propagated) return <NotYetDialog title={done} onClose={onClose} />
  const used = row.last_used_at
    ? t('keys:stop.used', { when: relativeTime(row.last_used_at, language, new Date()) })
    : t('keys:stop.never_used')
  const isRevoke = how === 'revoke'
  return (
    <DangerConfirm
      open
      title={t(isRevoke ? 'keys:revoke.title' : 'keys:disable.title', { name: row.name })}
      effects={
        <>
          <p>{used}</p>
          <p className="muted">{t(isRevoke ? 'keys:revoke.effect' : 'keys:disable.effect')}</p>
        </>
      }
      action={t(isRevoke ? 'keys:revoke.go' : 'keys:disable.go')}
      keep={t('keys:stop.keep')}
      {...(isRevoke ? { name: row.name } : {})}
      isBusy={stop.isPending}
      error={stop.error}
      onConfirm={() => stop.mutate({ id: row.id, version: row.version })}
      onCancel={onClose}
    />
  )
}
