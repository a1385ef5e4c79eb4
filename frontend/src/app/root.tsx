import { Button } from 'antd'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Outlet, ScrollRestoration, useNavigation } from 'react-router'
import { shortTime } from '../i18n/format'
import { useOutdated } from '../live/build'
import { useOnline } from '../ui/use-online'
import { useZone } from '../ui/use-zone'
import { StepUpDialog } from './step-up-dialog'

/** Around every page: network loss, a new build, progress of a navigation. */
export function Root() {
  const isNavigating = useNavigation().state !== 'idle'
  return (
    <>
      {isNavigating && <div className="route-bar" />}
      <OfflineBanner />
      <NewVersionBanner />
      <Outlet />
      <StepUpDialog />
      <ScrollRestoration />
    </>
  )
}

function OfflineBanner() {
  const { t } = useTranslation()
  const isOnline = useOnline()
  const zone = useZone()
  const [lost, setLost] = useState<string | null>(null)
  if (isOnline && lost !== null) setLost(null)
  if (!isOnline && lost === null) setLost(new Date().toISOString())
  if (isOnline || lost === null) return null
  return (
    <div className="banner" role="status">
      {t('shell:offline', { time: shortTime(lost, zone, new Date(lost)) })}
    </div>
  )
}

function NewVersionBanner() {
  const { t } = useTranslation()
  if (!useOutdated()) return null
  return (
    <div className="banner" role="status">
      {t('shell:new_version')}
      <Button size="small" onClick={() => window.location.reload()}>
        {t('shell:reload')}
      </Button>
    </div>
  )
}
