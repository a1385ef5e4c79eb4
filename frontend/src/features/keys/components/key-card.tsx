import { Button } from 'antd'
import { useTranslation } from 'react-i18next'
import type { ApiKey } from '../../../api/types'
import { RowMenu, type RowAction } from '../../../ui/row-menu'
import { TimeText } from '../../../ui/time-text'
import { mask } from '../key-state'
import { KeyStatusText, modelsText } from './key-columns'

interface Props {
  row: ApiKey
  actions: RowAction[]
  open: (row: ApiKey) => void
}

/** A key on a phone: what it is, whether it works, and the two ways to stop it. */
export function KeyCard({ row, actions, open }: Props) {
  const { t } = useTranslation()
  const quick = actions.filter(({ key }) => key === 'disable' || key === 'revoke' || key === 'enable')
  return (
    <>
      <div className="row-card-head">
        <button type="button" className="link-cell clip" onClick={() => open(row)}>
          {row.name}
        </button>
        <RowMenu label={t('keys:actions_for', { name: row.name })} actions={actions} />
      </div>
      <span className="mono muted">{mask(row)}</span>
      <div className="row-card-line">
        <KeyStatusText row={row} t={t} />
        <span className="muted">{modelsText(row, t)}</span>
      </div>
      <div className="row-card-line muted small">
        <span>{t('keys:column.last_used')}</span>
        <TimeText at={row.last_used_at} missing={t('keys:never')} />
      </div>
      <div className="row-card-actions">
        {quick.map((action) => (
          <Button key={action.key} danger={action.danger ?? false} onClick={action.run}>
            {action.label}
          </Button>
        ))}
      </div>
    </>
  )
}
