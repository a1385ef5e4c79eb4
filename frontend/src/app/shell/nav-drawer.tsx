import { Drawer } from 'antd'
import { useTranslation } from 'react-i18next'
import { useMe } from '../../api/session'
import { Wordmark } from '../../ui/logo'
import { visibleAreas, type Area } from '../nav'
import { AreaSwitch } from './area-switch'
import { LanguageButton } from './language-button'
import { SideNav } from './side-nav'
import { ThemeButton } from './theme-button'

const WIDTH_PX = 288

/** The navigation of a phone; following a link closes it. */
export default function NavDrawer({ area, onClose }: { area: Area; onClose: () => void }) {
  const { t } = useTranslation()
  const me = useMe()
  return (
    <Drawer
      open
      placement="left"
      size={WIDTH_PX}
      title={<Wordmark />}
      onClose={onClose}
      rootClassName="nav-drawer"
    >
      {visibleAreas(me).length > 1 && <AreaSwitch area={area} />}
      <nav aria-label={t('shell:main_nav')}>
        <SideNav area={area} />
      </nav>
      <div className="nav-extras">
        <LanguageButton />
        <ThemeButton />
      </div>
    </Drawer>
  )
}
