import { Button, Modal } from 'antd'
import { useTranslation } from 'react-i18next'
import type { Problem } from '../api/problem'
import { relativeTime } from '../i18n/format'
import { Diff } from './diff'
import { useZone } from './use-zone'

type Values = Readonly<Record<string, unknown>>

interface Props {
  problem: Problem
  /** The fields I changed, as they stand on the server now and as I want them. */
  theirs: Values
  mine: Values
  isBusy: boolean
  onReload: () => void
  onReapply: () => void
}

/** Somebody saved first: who, when, what differs; nothing is overwritten or lost without a choice (CO-16). */
export function ConflictDialog({ problem, theirs, mine, isBusy, onReload, onReapply }: Props) {
  const { t } = useTranslation()
  const { language } = useZone()
  const { changed_by: by, changed_at: at } = problem.body
  const who = (typeof by === 'string' ? by : by?.label) ?? t('common:conflict.somebody')
  const when = at ? relativeTime(at, language, new Date()) : ''
  return (
    <Modal
      open
      footer={null}
      closable={false}
      mask={{ closable: false }}
      keyboard={false}
      className="confirm"
      width={640}
    >
      <h2 className="dialog-title">{t('common:conflict.title', { who, when })}</h2>
      <p className="muted">{t('common:conflict.text')}</p>
      <Diff
        before={theirs}
        after={mine}
        beforeTitle={t('common:conflict.theirs')}
        afterTitle={t('common:conflict.mine')}
      />
      <div className="dialog-foot">
        <Button onClick={onReload}>{t('common:conflict.reload')}</Button>
        <Button type="primary" loading={isBusy} onClick={onReapply}>
          {t('common:conflict.reapply')}
        </Button>
      </div>
    </Modal>
  )
}
