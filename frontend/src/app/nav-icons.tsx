import {
  AuditOutlined,
  BlockOutlined,
  CloudServerOutlined,
  FundOutlined,
  KeyOutlined,
  ReadOutlined,
  SettingOutlined,
  TeamOutlined,
  UnorderedListOutlined,
  WarningOutlined,
} from '@ant-design/icons'

const ICONS = {
  api: ReadOutlined,
  audit: AuditOutlined,
  cost: FundOutlined,
  errors: WarningOutlined,
  keys: KeyOutlined,
  members: TeamOutlined,
  models: BlockOutlined,
  providers: CloudServerOutlined,
  requests: UnorderedListOutlined,
  settings: SettingOutlined,
}

export type NavIconName = keyof typeof ICONS

export default function NavIcons({ name, className }: { name: NavIconName; className: string }) {
  const Icon = ICONS[name]
  return <Icon className={className} />
}
