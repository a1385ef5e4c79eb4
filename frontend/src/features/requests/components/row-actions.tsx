import { useTranslation } from 'react-i18next'
import { useNavigate } from 'react-router'
import { useTenantSlug } from '../../../api/session'
import { copyText } from '../../../ui/clipboard'
import { notify } from '../../../ui/notify'
import { RowMenu, type RowAction } from '../../../ui/row-menu'
import { withValues } from '../filters'
import type { RequestRow } from '../types'
import type { RequestsUrl } from '../use-requests-url'

export function RowActions({ row, url }: { row: RequestRow; url: RequestsUrl }) {
  const { t } = useTranslation()
  const go = useNavigate()
  const tenant = useTenantSlug()
  const path = `/t/${tenant}/requests/${row.id}`
  const copy = async (text: string) => {
    if (await copyText(text)) notify.done(t('common:copied'))
  }
  const only = (name: string, value: string) => url.setPairs((pairs) => withValues(pairs, name, [value]))
  const model = row.served_model || row.requested_model
  const key = row.key
  const actions: RowAction[] = [
    { key: 'open', label: t('requests:action.open'), run: () => url.open(row.id) },
    { key: 'page', label: t('requests:action.page'), run: () => void go(path) },
    { key: 'id', label: t('requests:action.copy_id'), run: () => void copy(row.id) },
    {
      key: 'link',
      label: t('requests:action.copy_link'),
      run: () => void copy(`${window.location.origin}${path}`),
    },
    ...(key
      ? [
          {
            key: 'key',
            label: t('requests:action.only_key', { name: key.name || key.id }),
            run: () => only('key', key.id),
          },
        ]
      : []),
    ...(model
      ? [
          {
            key: 'model',
            label: t('requests:action.only_model', { name: model }),
            run: () => only(row.served_model ? 'served_model' : 'requested_model', model),
          },
        ]
      : []),
  ]
  return <RowMenu label={t('requests:action.label', { id: row.id })} actions={actions} />
}
