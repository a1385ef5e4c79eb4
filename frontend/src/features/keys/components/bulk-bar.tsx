import { useMutation, useQueryClient } from '@tanstack/react-query'
import { Button } from 'antd'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { DangerConfirm } from '../../../ui/danger-confirm'
import { bulkDisableMutation } from '../queries'
import { NotYetDialog } from './not-yet-dialog'
import { notify } from '../../../ui/notify'

interface Props {
  ids: string[]
  onDone: () => void
}

export function BulkBar({ ids, onDone }: Props) {
  const { t } = useTranslation()
  const client = useQueryClient()
  const [isAsking, setAsking] = useState(false)
  const [isNotYet, setNotYet] = useState(false)
  const text = t('keys:bulk.done', { count: ids.length })
  const done = () => {
    notify.done(text)
    onDone()
  }
  const disable = useMutation({
    ...bulkDisableMutation,
    onSuccess: ({ propagated }) => {
      void client.invalidateQueries({ queryKey: ['keys'] })
      setAsking(false)
      if (propagated) done()
      else setNotYet(true)
    },
  })
  if (ids.length === 0) return null
  const leave = () => {
    setNotYet(false)
    onDone()
  }
  return (
    <div className="bulk-bar">
      <b>{t('keys:bulk.selected', { count: ids.length })}</b>
      <span className="grow" />
      <Button size="small" type="link" onClick={onDone}>
        {t('keys:bulk.clear')}
      </Button>
      <Button size="small" danger onClick={() => setAsking(true)}>
        {t('keys:bulk.disable')}
      </Button>
      {isNotYet && <NotYetDialog title={text} onClose={leave} />}
      <DangerConfirm
        open={isAsking}
        title={t('keys:bulk.title', { count: ids.length })}
        effects={<p className="muted">{t('keys:disable.effect')}</p>}
        action={t('keys:bulk.disable')}
        keep={t('keys:stop.keep_all')}
        isBusy={disable.isPending}
        error={disable.error}
        onConfirm={() => disable.mutate({ ids })}
        onCancel={() => setAsking(false)}
      />
    </div>
  )
}
