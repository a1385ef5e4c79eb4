import { Modal } from 'antd'
import { useTranslation } from 'react-i18next'
import { useMe } from '../../api/session'
import { isAllowed } from '../capabilities'
import { SHORTCUTS } from '../shortcuts'

export default function ShortcutList({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation()
  const { capabilities } = useMe()
  const shown = SHORTCUTS.filter(({ gate }) => !gate || isAllowed(capabilities, gate))
  return (
    <Modal open title={t('dialogs:shortcut.title')} footer={null} onCancel={onClose} width={400}>
      <dl className="shortcut-list">
        {shown.map(({ keys, text }) => (
          <div key={keys}>
            <dt>{t(text)}</dt>
            <dd>
              {keys.split(' ').map((key) => (
                <kbd key={key}>{key}</kbd>
              ))}
            </dd>
          </div>
        ))}
      </dl>
    </Modal>
  )
}
