import { useMutation, useQueryClient } from '@tanstack/react-query'
import { Button, Modal } from 'antd'
import { useTranslation } from 'react-i18next'
import { problemSentence } from '../../../ui/problem-text'
import { useOnline } from '../../../ui/use-online'
import { syncModelsMutation } from '../mutations'
import type { Provider } from '../types'

interface Props {
  row: Provider
  onClose: () => void
}

/** Asks the vendor for its list: new names arrive disabled, vanished ones are marked, nothing is deleted. */
export function SyncDialog({ row, onClose }: Props) {
  const { t } = useTranslation()
  const client = useQueryClient()
  const isOnline = useOnline()
  const sync = useMutation({
    ...syncModelsMutation,
    onSuccess: () => void client.invalidateQueries({ queryKey: ['providers'] }),
  })
  return (
    <Modal open footer={null} closable={false} className="confirm" onCancel={onClose}>
      <h2 className="dialog-title">{t('providers:sync.title', { name: row.name })}</h2>
      {sync.data ? (
        <div role="status">
          <p>
            {t('providers:sync.result', {
              added: sync.data.added.length,
              missing: sync.data.missing.length,
              unchanged: sync.data.unchanged,
            })}
          </p>
          <Names title={t('providers:sync.added')} names={sync.data.added} />
          <Names title={t('providers:sync.missing')} names={sync.data.missing} />
        </div>
      ) : (
        <p className="muted">{t('providers:sync.text')}</p>
      )}
      {sync.isError && (
        <p className="form-error" role="alert">
          {problemSentence(sync.error, t)}
        </p>
      )}
      <div className="dialog-foot">
        <Button onClick={onClose}>{t(sync.data ? 'common:done' : 'common:cancel')}</Button>
        {!sync.data && (
          <Button
            type="primary"
            loading={sync.isPending}
            disabled={!isOnline}
            onClick={() => sync.mutate({ id: row.id })}
          >
            {t('providers:sync.go')}
          </Button>
        )}
      </div>
    </Modal>
  )
}

function Names({ title, names }: { title: string; names: string[] }) {
  if (names.length === 0) return null
  return (
    <>
      <h3 className="sect">{title}</h3>
      <ul className="name-list">
        {names.map((name) => (
          <li key={name} className="mono">
            {name}
          </li>
        ))}
      </ul>
    </>
  )
}
