import { Button, Drawer } from 'antd'
import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'

interface Props {
  clear: ReactNode
  onClose: () => void
  children: ReactNode
}

/** The filters of a phone, from below. */
export default function FilterSheet({ clear, onClose, children }: Props) {
  const { t } = useTranslation()
  return (
    <Drawer
      open
      placement="bottom"
      size="auto"
      title={t('common:filter.title')}
      onClose={onClose}
      extra={clear}
    >
      <div className="filter-sheet">{children}</div>
      <Button type="primary" className="wide" onClick={onClose}>
        {t('common:filter.show')}
      </Button>
    </Drawer>
  )
}
