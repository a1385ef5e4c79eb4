import { Button, Modal } from 'antd'
import { useTranslation } from 'react-i18next'
import { CodeBlock } from '../../../ui/code-block'

/** Shown once, right after they were made. */
export function RecoveryDialog({ codes, onDone }: { codes: string[]; onDone: () => void }) {
  const { t } = useTranslation()
  return (
    <Modal
      open
      footer={null}
      closable={false}
      mask={{ closable: false }}
      keyboard={false}
      className="confirm"
      width={480}
    >
      <h2 className="dialog-title">{t('account:mfa.codes_title')}</h2>
      <p className="muted">{t('account:mfa.codes_text')}</p>
      <div className="link-box">
        <CodeBlock code={codes.join('\n')} label={t('account:mfa.codes_title')} />
      </div>
      <div className="dialog-foot">
        <Button type="primary" onClick={onDone}>
          {t('account:mfa.codes_saved')}
        </Button>
      </div>
    </Modal>
  )
}
