import { Button, Modal } from 'antd'
import { useTranslation } from 'react-i18next'
import { CodeBlock } from '../../../ui/code-block'

interface Props {
  email: string
  link: string
  onDone: () => void
}

/** No mail is sent here: the link goes to the person by whoever invited them. */
export function LinkDialog({ email, link, onDone }: Props) {
  const { t } = useTranslation()
  const whole = new URL(link, window.location.origin).href
  return (
    <Modal open footer={null} closable={false} mask={{ closable: false }} className="confirm" width={560}>
      <h2 className="dialog-title">{t('members:link.title', { email })}</h2>
      <p className="muted">{t('members:link.text')}</p>
      <div className="link-box">
        <CodeBlock code={whole} label={t('members:link.label')} />
      </div>
      <div className="dialog-foot">
        <Button type="primary" onClick={onDone}>
          {t('common:done')}
        </Button>
      </div>
    </Modal>
  )
}
