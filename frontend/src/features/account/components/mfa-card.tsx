import { useMutation, useQueryClient } from '@tanstack/react-query'
import { Button } from 'antd'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { useMe } from '../../../api/session'
import { Card } from '../../../ui/card'
import { DangerConfirm } from '../../../ui/danger-confirm'
import { problemSentence } from '../../../ui/problem-text'
import { StatusTag } from '../../../ui/status-tag'
import { deactivateMutation, enrolMutation, renewCodesMutation } from '../queries'
import { EnrolDialog } from './enrol-dialog'
import { RecoveryDialog } from './recovery-dialog'
import { notify } from '../../../ui/notify'

/** The second factor: on or off, and what to do about it. */
export function MfaCard() {
  const { t } = useTranslation()
  const me = useMe()
  const client = useQueryClient()
  const [codes, setCodes] = useState<string[] | null>(null)
  const [isLeaving, setLeaving] = useState(false)
  const complain = (error: unknown) => notify.failed(problemSentence(error, t))
  const refresh = () => client.invalidateQueries({ queryKey: ['me'] })
  const enrol = useMutation({
    ...enrolMutation,
    onSuccess: async (state) => {
      if (state.active) await refresh()
    },
    onError: complain,
  })
  const renew = useMutation({ ...renewCodesMutation, onSuccess: setCodes, onError: complain })
  const leave = useMutation({
    ...deactivateMutation,
    onSuccess: async () => {
      setLeaving(false)
      await refresh()
      notify.done(t('account:mfa.off_done'))
    },
  })
  const isOn = me.user.mfa_enabled
  const enrolment = enrol.data?.active === false ? enrol.data : null
  return (
    <Card
      title={t('account:mfa.title')}
      extra={
        <StatusTag status={isOn ? 'ok' : 'off'}>{t(isOn ? 'account:mfa.on' : 'account:mfa.off')}</StatusTag>
      }
    >
      <p className="muted card-text">{t(isOn ? 'account:mfa.on_text' : 'account:mfa.off_text')}</p>
      <div className="card-actions">
        {isOn ? (
          <>
            <Button loading={renew.isPending} onClick={() => renew.mutate()}>
              {t('account:mfa.renew')}
            </Button>
            <Button danger onClick={() => setLeaving(true)}>
              {t('account:mfa.turn_off')}
            </Button>
          </>
        ) : (
          <Button
            type={me.mfa_required ? 'primary' : 'default'}
            loading={enrol.isPending}
            onClick={() => enrol.mutate()}
          >
            {t('account:mfa.turn_on')}
          </Button>
        )}
      </div>
      {enrolment && (
        <EnrolDialog
          secret={enrolment.secret ?? ''}
          url={enrolment.url ?? ''}
          onClose={() => enrol.reset()}
          onActive={(fresh) => {
            enrol.reset()
            setCodes(fresh)
          }}
        />
      )}
      {codes && (
        <RecoveryDialog
          codes={codes}
          onDone={() => {
            setCodes(null)
            renew.reset()
            void refresh()
          }}
        />
      )}
      <DangerConfirm
        open={isLeaving}
        title={t('account:mfa.leave_title')}
        effects={<p className="muted">{t('account:mfa.leave_effect')}</p>}
        action={t('account:mfa.turn_off')}
        keep={t('account:mfa.keep')}
        isBusy={leave.isPending}
        error={leave.error}
        onConfirm={() => leave.mutate()}
        onCancel={() => setLeaving(false)}
      />
    </Card>
  )
}
