import { CloseOutlined, ExpandOutlined } from '@ant-design/icons'
import { Drawer } from 'antd'
import { useTranslation } from 'react-i18next'
import { useTenantSlug } from '../../../api/session'
import { CopyButton } from '../../../ui/copy-button'
import { LinkButton } from '../../../ui/link-button'
import type { RequestRow } from '../types'
import { RequestBody } from './request-body'
import { StatusCell } from './cells'
import { useRequest } from './use-request'

const WIDTH_PX = 720

interface Props {
  id: string
  /** What the list knows of it. */
  row: RequestRow | undefined
  onClose: () => void
}

/** Beside the list, which stays usable with `j` and `k`. */
export function RequestDrawer({ id, row, onClose }: Props) {
  const { t } = useTranslation()
  const tenant = useTenantSlug()
  const request = useRequest(id, { isRunning: row?.status === 'running' })
  const known = request.data ?? row
  return (
    <Drawer
      open
      mask={false}
      rootClassName="side-drawer req-drawer"
      size={WIDTH_PX}
      closeIcon={<CloseOutlined aria-label={t('requests:close')} />}
      title={
        <span className="drawer-title">
          {known && <StatusCell isTag row={known} />}
          <span className="mono clip">{id}</span>
          <CopyButton iconOnly text={id} label={t('requests:copy_id')} />
        </span>
      }
      extra={
        <LinkButton icon={<ExpandOutlined />} to={`/t/${tenant}/requests/${encodeURIComponent(id)}`}>
          {t('requests:open_page')}
        </LinkButton>
      }
      onClose={onClose}
    >
      <RequestBody request={request} />
    </Drawer>
  )
}
