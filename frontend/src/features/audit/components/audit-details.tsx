import { Drawer } from 'antd'
import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import type { AuditRow } from '../../../api/types'
import { CopyButton } from '../../../ui/copy-button'
import { Diff } from '../../../ui/diff'
import { TimeText } from '../../../ui/time-text'
import { useIsMobile } from '../../../ui/use-media'

const WIDTH_PX = 720

/** One row of the log: who, from where, what changed, and what to quote. */
export function AuditDetails({ row, onClose }: { row: AuditRow; onClose: () => void }) {
  const { t } = useTranslation()
  const isMobile = useIsMobile()
  const mono = (text: string) => (
    <span className="mono">
      {text}
      <CopyButton iconOnly text={text} label={text} />
    </span>
  )
  const facts: [string, ReactNode][] = [
    [t('audit:column.time'), <TimeText key="t" at={row.at} />],
    [t('audit:column.actor'), `${row.actor.label || row.actor.type} (${row.actor.type})`],
    [t('audit:column.object'), `${row.object.label || row.object.id} (${row.object.type})`],
    [t('audit:detail.object_id'), row.object.id ? mono(row.object.id) : '—'],
    [t('audit:column.ip'), row.ip ? <span className="mono">{row.ip}</span> : '—'],
    [t('audit:detail.agent'), row.user_agent || '—'],
    [t('audit:detail.reason'), row.reason || '—'],
    [t('audit:detail.request'), row.request_id ? mono(row.request_id) : '—'],
    [t('audit:detail.seq'), String(row.seq)],
    [t('audit:detail.hash'), mono(row.hash)],
  ]
  return (
    <Drawer
      open
      mask={false}
      rootClassName="side-drawer"
      size={isMobile ? '100%' : WIDTH_PX}
      title={<span className="mono">{row.action}</span>}
      onClose={onClose}
    >
      <h3 className="sect">{t('audit:detail.changes')}</h3>
      <Diff before={row.before} after={row.after} />
      <h3 className="sect">{t('audit:detail.facts')}</h3>
      <dl className="fact-list">
        {facts.map(([label, value]) => (
          <div key={label}>
            <dt>{label}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
    </Drawer>
  )
}
