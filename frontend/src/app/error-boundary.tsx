import { Button } from 'antd'
import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { isRouteErrorResponse, useNavigate, useRevalidator, useRouteError } from 'react-router'
import { isProblem } from '../api/problem'
import { ProblemView } from '../ui/problem'
import { usePageTitle } from '../ui/page-header'
import { Tracks } from '../ui/tracks'
import type { Gate } from './capabilities'
import { Forbidden, NotFound } from './guards'

/** What a route shows instead of itself. */
export function RouteError() {
  const error = useRouteError()
  if (error instanceof Forbidden) return <ForbiddenPage gate={error.gate} tenant={error.tenant} />
  if (error instanceof NotFound || (isRouteErrorResponse(error) && error.status === 404))
    return <NotFoundPage />
  if (isProblem(error) && error.status === 403) {
    return <ForbiddenPage gate={[error.body.capability ?? error.code]} tenant="" />
  }
  return <BrokenPage error={error} />
}

function Page({ title, children }: { title: string; children: ReactNode }) {
  const heading = usePageTitle(title)
  return (
    <div className="lost-page">
      <Tracks />
      <h1 ref={heading} tabIndex={-1}>
        {title}
      </h1>
      {children}
    </div>
  )
}

function ForbiddenPage({ gate, tenant }: { gate: Gate; tenant: string }) {
  const { t } = useTranslation()
  return (
    <Page title={t('shell:forbidden.title')}>
      <p>{t('shell:forbidden.text')}</p>
      <p className="mono">{gate.join(' · ')}</p>
      <p>{tenant ? t('shell:forbidden.ask', { tenant }) : t('shell:forbidden.ask_admin')}</p>
      <HomeButton />
    </Page>
  )
}

export function NotFoundPage() {
  const { t } = useTranslation()
  return (
    <Page title={t('shell:not_found.title')}>
      <p>{t('shell:not_found.text')}</p>
      <HomeButton />
    </Page>
  )
}

function BrokenPage({ error }: { error: unknown }) {
  const { t } = useTranslation()
  const { revalidate } = useRevalidator()
  return (
    <Page title={t('shell:broken.title')}>
      <ProblemView error={error} title={t('shell:broken.text')} onRetry={() => void revalidate()} />
    </Page>
  )
}

function HomeButton() {
  const { t } = useTranslation()
  const go = useNavigate()
  return <Button onClick={() => void go('/')}>{t('shell:home')}</Button>
}
