import { Button, Modal } from 'antd'
import { useTranslation } from 'react-i18next'
import { StatusTag } from '../../../ui/status-tag'

interface Props {
  /** What was done: "checkout-service is revoked". */
  title: string
  onClose: () => void
}

/** Done, but not everywhere: whoever stops a key has to know that it may still open doors. */
export function NotYetDialog({ title, onClose }: Props) {
  const { t } = useTranslation()
  return (
    <Modal open footer={null} closable={false} className="confirm" onCancel={onClose}>
      <h2 className="dialog-title">{title}</h2>
      <p role="status">
        <StatusTag plain status="degraded">
          {t('keys:not_yet.state')}
        </StatusTag>
      </p>
      <p className="muted">{t('keys:not_yet.text')}</p>
      <div className="dialog-foot">
        <Button type="primary" onClick={onClose}>
          {t('common:done')}
        </Button>
      </div>
    </Modal>
  )
}
