import { MenuOutlined } from '@ant-design/icons'
import { Button } from 'antd'
import { lazy, Suspense, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Outlet, useLocation } from 'react-router'
import { useMe } from '../../api/session'
import { withTexts } from '../../i18n/texts'
import { LiveContext, useLive } from '../../live/use-live'
import { BlockBoundary } from '../../ui/block-boundary'
import { LogoMark, Wordmark } from '../../ui/logo'
import { useIsMobile } from '../../ui/use-media'
import { useShortcuts } from '../shortcuts'
import { visibleAreas, type Area } from '../nav'
import { AreaSwitch } from './area-switch'
import { LanguageButton } from './language-button'
import { LiveBadge } from './live-badge'
import { SideNav } from './side-nav'
import { TenantSelect } from './tenant-select'
import { ThemeButton } from './theme-button'
import { UserMenu } from './user-menu'

const NavDrawer = lazy(() => import('./nav-drawer'))
const ShortcutList = lazy(() => withTexts('dialogs', import('./shortcut-list')))

function useArea(): Area {
  const { pathname } = useLocation()
  const areas = visibleAreas(useMe())
  if (/^\/t\/[^/]+\/dev(?:\/|$)/.test(pathname)) return 'dev'
  return areas.includes('console') ? 'console' : 'dev'
}

/** Header, navigation and the page. Mounted once; only what is inside `main` changes with the route. */
export function Shell() {
  const { t } = useTranslation()
  const me = useMe()
  const area = useArea()
  const { socket, state } = useLive()
  const { pathname } = useLocation()
  const isMobile = useIsMobile()
  const { isListOpen, closeList } = useShortcuts()
  // The drawer belongs to the address it was opened at: following a link closes it.
  const [menuAt, setMenuAt] = useState<string | null>(null)
  const hasNav = me.tenant !== null && !me.mfa_required
  return (
    <div className={hasNav ? 'shell' : 'shell bare'}>
      <a className="skip" href="#main">
        {t('shell:skip')}
      </a>
      <header className="topbar">
        {isMobile && hasNav && (
          <Button
            type="text"
            icon={<MenuOutlined />}
            aria-label={t('shell:menu')}
            aria-expanded={menuAt === pathname}
            onClick={() => setMenuAt(pathname)}
          />
        )}
        <span className="brand">{isMobile ? <LogoMark /> : <Wordmark />}</span>
        {hasNav && <TenantSelect />}
        {!isMobile && hasNav && <AreaSwitch area={area} />}
        <span className="grow" />
        <LiveBadge state={state} />
        {!isMobile && <LanguageButton />}
        {!isMobile && <ThemeButton />}
        <UserMenu />
      </header>
      {hasNav && !isMobile && (
        <nav className="sidebar" aria-label={t('shell:main_nav')}>
          <div className="side-inner">
            <SideNav area={area} />
            <div className="side-foot">{`Switchyard ${me.server.version}`}</div>
          </div>
        </nav>
      )}
      {hasNav && isMobile && menuAt === pathname && (
        <Suspense fallback={null}>
          <NavDrawer area={area} onClose={() => setMenuAt(null)} />
        </Suspense>
      )}
      <main id="main" className="content" tabIndex={-1}>
        <BlockBoundary key={pathname} title={t('shell:broken.text')}>
          <LiveContext value={socket}>
            <Outlet />
          </LiveContext>
        </BlockBoundary>
      </main>
      <Suspense fallback={null}>{isListOpen && <ShortcutList onClose={closeList} />}</Suspense>
    </div>
  )
}
