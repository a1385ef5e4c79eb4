import { Menu, type MenuProps } from 'antd'
import { useTranslation } from 'react-i18next'
import { Link, useLocation } from 'react-router'
import { useMe } from '../../api/session'
import { visibleNav, type Area } from '../nav'

export function SideNav({ area }: { area: Area }) {
  const { t } = useTranslation()
  const me = useMe()
  const { pathname } = useLocation()
  const base = `/t/${me.tenant?.slug ?? ''}`
  const items: MenuProps['items'] = visibleNav(area, me).map((group) => ({
    type: 'group',
    key: group.text,
    label: t(group.text),
    children: group.items.map((item) => {
      const to = item.isGlobal ? item.path : base + item.path
      return {
        key: to,
        icon: item.icon,
        label: item.isDocument ? <a href={to}>{t(item.text)}</a> : <Link to={to}>{t(item.text)}</Link>,
      }
    }),
  }))
  // A page below one of these belongs to it.
  const page = pathname.slice(0, `${pathname}/`.indexOf('/', base.length + 1))
  return <Menu mode="inline" selectedKeys={[pathname, page]} items={items} />
}
