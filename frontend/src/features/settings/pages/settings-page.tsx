import { useQuery } from '@tanstack/react-query'
import { Select, Tabs } from 'antd'
import { useTranslation } from 'react-i18next'
import * as z from 'zod/mini'
import { useTenantSlug } from '../../../api/session'
import { Card } from '../../../ui/card'
import { Loading } from '../../../ui/loading'
import { PageHeader } from '../../../ui/page-header'
import { ProblemView } from '../../../ui/problem'
import { useUrlState } from '../../../ui/url-state'
import { useIsMobile } from '../../../ui/use-media'
import { GeneralCard } from '../components/general-card'
import { ReasoningCard } from '../components/reasoning-card'
import { SecurityCard } from '../components/security-card'
import { tenantQuery } from '../queries'

const SETTINGS_URL = { tab: z.enum(['general', 'reasoning', 'security']) } as const

export function SettingsPage() {
  const { t } = useTranslation()
  const isMobile = useIsMobile()
  const slug = useTenantSlug()
  const url = useUrlState(SETTINGS_URL)
  const tab = url.values.tab ?? 'general'
  const { data, error, refetch } = useQuery(tenantQuery(slug))
  const show = (next: string) => url.set({ tab: next === 'general' ? undefined : next })
  const tabs = [
    { key: 'general', label: t('settings:general.title') },
    { key: 'reasoning', label: t('settings:reasoning.title') },
    { key: 'security', label: t('settings:security.title') },
  ]
  return (
    <>
      <PageHeader
        title={t('settings:title')}
        summary={t('settings:summary', { tenant: data?.name ?? '…' })}
      />
      {isMobile ? (
        <Select
          className="views"
          aria-label={t('settings:view')}
          value={tab}
          options={tabs.map(({ key, label }) => ({ value: key, label }))}
          onChange={show}
        />
      ) : (
        <Tabs className="views" activeKey={tab} items={tabs} onChange={show} />
      )}
      {data && tab === 'general' && <GeneralCard key={data.slug} tenant={data} />}
      {data && tab === 'reasoning' && <ReasoningCard key={data.slug} tenant={data} />}
      {data && tab === 'security' && <SecurityCard key={data.slug} tenant={data} />}
      {!data && (
        <Card>
          {error ? (
            <ProblemView error={error} title={t('settings:unread')} onRetry={() => void refetch()} />
          ) : (
            <Loading />
          )}
        </Card>
      )}
    </>
  )
}
