import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { isProblem } from '../../../api/problem'
import { DangerConfirm } from '../../../ui/danger-confirm'
import { notify } from '../../../ui/notify'
import { deleteProviderMutation } from '../mutations'
import type { Provider } from '../types'

interface Props {
  row: Provider
  onDone: () => void
  onClose: () => void
}

/** Its slug is typed; what uses it is listed by the server before anything is taken from under it. */
export function DeleteDialog({ row, onDone, onClose }: Props) {
  const { t } = useTranslation()
  const client = useQueryClient()
  const remove = useMutation({
    ...deleteProviderMutation,
    onSuccess: () => {
      void client.invalidateQueries({ queryKey: ['providers'] })
      notify.done(t('providers:delete.done', { name: row.name }))
      onDone()
    },
  })
  const uses = (isProblem(remove.error) && remove.error.body.uses) || []
  const isUsed = uses.length > 0
  return (
    <DangerConfirm
      open
      title={t('providers:delete.title', { name: row.name })}
      effects={
        <>
          <p className="muted">{t('providers:delete.effect', { count: row.credentials.total })}</p>
          {isUsed && (
            <div role="alert">
              <p>
                <b>{t('providers:delete.used', { count: uses.length })}</b>
              </p>
              <ul className="plain-list bare">
                {uses.map(({ kind, id, name }) => (
                  <li key={id}>
                    <span className="muted">{t(USES[kind] ?? 'providers:use.other')}</span>
                    <span className="mono">{name}</span>
                  </li>
                ))}
              </ul>
            </div>
          )}
        </>
      }
      action={t(isUsed ? 'providers:delete.force' : 'providers:delete.go')}
      keep={t('providers:delete.keep')}
      name={row.slug}
      isBusy={remove.isPending}
      error={isUsed ? null : remove.error}
      onConfirm={() =>
        remove.mutate({ id: row.id, version: row.version, ...(isUsed ? { confirm: row.slug } : {}) })
      }
      onCancel={onClose}
    />
  )
}

const USES: Record<string, string> = {
  provider: 'providers:use.provider',
  alias: 'providers:use.alias',
  route: 'providers:use.route',
  rule: 'providers:use.rule',
  default_model: 'providers:use.default_model',
}
