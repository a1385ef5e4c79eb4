import { useQuery } from '@tanstack/react-query'
import { Button, Select, Tabs } from 'antd'
import { lazy, Suspense } from 'react'
import { useTranslation } from 'react-i18next'
import { Link, useNavigate, useParams } from 'react-router'
import * as z from 'zod/mini'
import { isProblem } from '../../../api/problem'
import { useTenantSlug } from '../../../api/session'
import { Card } from '../../../ui/card'
import { Empty } from '../../../ui/empty'
import { Loading } from '../../../ui/loading'
import { PageHeader } from '../../../ui/page-header'
import { ProblemView } from '../../../ui/problem'
import { RowMenu } from '../../../ui/row-menu'
import { useUrlState } from '../../../ui/url-state'
import { useIsMobile } from '../../../ui/use-media'
import { Overview } from '../components/overview'
import { ProviderChips } from '../components/provider-words'
import { useProviderActions } from '../components/use-provider-actions'
import { shownState } from '../provider-state'
import { providerQuery } from '../queries'
import { reasonText } from '../reasons'
import type { Provider } from '../types'
import { useLiveHealth } from '../use-live-health'

// A part of the page is fetched when it is first shown.
const Credentials = lazy(async () => ({ default: (await import('../components/credentials')).Credentials }))
const Models = lazy(async () => ({ default: (await import('../components/models')).Models }))
const Health = lazy(async () => ({ default: (await import('../components/health')).Health }))
const Settings = lazy(async () => ({ default: (await import('../components/settings')).Settings }))

const TABS = ['overview', 'credentials', 'models', 'health', 'settings'] as const
type Tab = (typeof TABS)[number]

const TAB_TEXTS: Record<Tab, string> = {
  overview: 'providers:tab.overview',
  credentials: 'providers:tab.credentials',
  models: 'providers:tab.models',
  health: 'providers:tab.health',
  settings: 'providers:tab.settings',
}

const PAGE_URL = { tab: z.enum(TABS), q: z.string().check(z.maxLength(200)) } as const

export function ProviderPage() {
  const { t } = useTranslation()
  const tenant = useTenantSlug()
  const id = useParams()['id'] ?? ''
  useLiveHealth()
  const { data, isPlaceholderData, error, refetch } = useQuery(providerQuery(tenant, id))
  const row = isPlaceholderData ? undefined : data
  if (row) return <Detail row={row} />
  const isGone = isProblem(error) && error.status === 404
  return (
    <>
      <PageHeader title={t('providers:detail.title')} summary={<BackLink />} />
      <Card>
        {isGone ? (
          <Empty title={t('providers:detail.gone')} text={t('providers:detail.gone_text')} />
        ) : error ? (
          <ProblemView error={error} title={t('providers:detail.unread')} onRetry={() => void refetch()} />
        ) : (
          <Loading rows={8} />
        )}
      </Card>
    </>
  )
}

function BackLink() {
  const { t } = useTranslation()
  const tenant = useTenantSlug()
  return <Link to={`/t/${tenant}/providers`}>{t('providers:title')}</Link>
}

function Detail({ row }: { row: Provider }) {
  const { t } = useTranslation()
  const go = useNavigate()
  const tenant = useTenantSlug()
  const isMobile = useIsMobile()
  const url = useUrlState(PAGE_URL)
  const { actions, dialogs } = useProviderActions({ onDeleted: () => void go(`/t/${tenant}/providers`) })
  const offered = actions(row)
  const test = offered.find(({ key }) => key === 'test')
  const rest = offered.filter(({ key }) => key !== 'test')
  // Of a platform's row a tenant sees name, models and health; never its credentials.
  const shown = row.editable
    ? TABS
    : TABS.filter((tab) => tab === 'overview' || tab === 'models' || tab === 'health')
  const tab = shown.find((name) => name === url.values.tab) ?? 'overview'
  const show = (next: string) => url.set({ tab: next === 'overview' ? undefined : next, q: undefined })
  const items = shown.map((key) => ({ key, label: t(TAB_TEXTS[key]) }))
  return (
    <>
      <div className="crumb">
        <BackLink />
      </div>
      <PageHeader
        title={row.name}
        summary={
          <span className="status-line">
            <StateSentence row={row} />
            <ProviderChips row={row} />
          </span>
        }
        actions={
          offered.length > 0 && (
            <>
              {test && <Button onClick={test.run}>{test.label}</Button>}
              <RowMenu label={t('providers:actions_for', { name: row.name })} actions={rest} />
            </>
          )
        }
      />
      {isMobile ? (
        <Select
          className="views"
          aria-label={t('providers:detail.view')}
          value={tab}
          options={items.map(({ key, label }) => ({ value: key, label }))}
          onChange={show}
        />
      ) : (
        <Tabs className="views" activeKey={tab} items={items} onChange={show} />
      )}
      <Suspense fallback={<Card>{<Loading />}</Card>}>
        {tab === 'overview' && <Overview row={row} />}
        {tab === 'credentials' && <Credentials row={row} />}
        {tab === 'models' && (
          <Models row={row} search={url.values.q} onSearch={(q) => url.set({ q: q || undefined })} />
        )}
        {tab === 'health' && <Health row={row} />}
        {tab === 'settings' && <Settings key={row.id} row={row} />}
      </Suspense>
      {dialogs}
    </>
  )
}

/** The answer in one sentence: does it serve, and if not, why. */
function StateSentence({ row }: { row: Provider }) {
  const { t } = useTranslation()
  const state = shownState(row)
  const isSwitchedOff = state === 'disabled' || state === 'draining'
  const reason = isSwitchedOff ? '' : reasonText(row.status.reason, t, row.credentials)
  const said = t(SENTENCES[state], { count: row.models_enabled, ...row.credentials })
  return <>{reason === '' ? said : t('providers:sentence.because', { said, reason })}</>
}

const SENTENCES: Record<ReturnType<typeof shownState>, string> = {
  healthy: 'providers:sentence.healthy',
  degraded: 'providers:sentence.degraded',
  down: 'providers:sentence.down',
  unknown: 'providers:sentence.unknown',
  draining: 'providers:sentence.draining',
  disabled: 'providers:sentence.disabled',
}
