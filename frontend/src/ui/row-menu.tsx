import { MoreOutlined } from '@ant-design/icons'
import { Button, Dropdown, type MenuProps } from 'antd'

export interface RowAction {
  key: string
  label: string
  danger?: boolean
  run: () => void
}

interface Props {
  /** Names the row: "Actions for checkout-service". */
  label: string
  actions: RowAction[]
}

export function RowMenu({ label, actions }: Props) {
  if (actions.length === 0) return null
  const items: MenuProps['items'] = actions.map(({ key, label: text, danger }) => ({
    key,
    label: text,
    danger: danger ?? false,
  }))
  const run: MenuProps['onClick'] = ({ key, domEvent }) => {
    domEvent.stopPropagation()
    actions.find((action) => action.key === key)?.run()
  }
  return (
    <Dropdown menu={{ items, onClick: run }} trigger={['click']} placement="bottomRight">
      <Button
        type="text"
        size="small"
        className="row-menu"
        icon={<MoreOutlined />}
        aria-label={label}
        onClick={(event) => event.stopPropagation()}
      />
    </Dropdown>
  )
}
