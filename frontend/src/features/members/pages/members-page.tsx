import { UserAddOutlined } from '@ant-design/icons'
import { Button, Select, Tabs } from 'antd'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { useMe } from '../../../api/session'
import type { InviteWithLink } from '../../../api/types'
import { Card } from '../../../ui/card'
import { Empty } from '../../../ui/empty'
import { FilterBar } from '../../../ui/filter-bar'
import { PageHeader } from '../../../ui/page-header'
import { useUrlState } from '../../../ui/url-state'
import { useIsMobile } from '../../../ui/use-media'
import { InviteDrawer } from '../components/invite-drawer'
import { InvitesTable } from '../components/invites-table'
import { LinkDialog } from '../components/link-dialog'
import { PeopleTable } from '../components/people-table'
import { TeamsList } from '../components/teams-list'
import { MEMBER_URL } from '../roles'
import { notify } from '../../../ui/notify'

type Tab = 'people' | 'invites' | 'teams'

export function MembersPage() {
  const { t } = useTranslation()
  const me = useMe()
  const isMobile = useIsMobile()
  const url = useUrlState(MEMBER_URL)
  const tab: Tab = url.values.tab ?? 'people'
  const { q } = url.values
  const [isInviting, setInviting] = useState(false)
  const [made, setMade] = useState<{ email: string; link: string } | null>(null)
  const take = (invite: InviteWithLink) => {
    setInviting(false)
    if (invite.link) setMade({ email: invite.email, link: invite.link })
    else notify.done(t('members:invite.sent', { email: invite.email }))
  }
  const invite = (
    <Button type="primary" icon={<UserAddOutlined />} onClick={() => setInviting(true)}>
      {t('members:invite.open')}
    </Button>
  )
  const tabs: { key: Tab; label: string }[] = [
    { key: 'people', label: t('members:tab.people') },
    { key: 'invites', label: t('members:tab.invites') },
    { key: 'teams', label: t('members:tab.teams') },
  ]
  const show = (next: string) => url.set({ tab: next === 'people' ? undefined : next, q: undefined })
  const nobody = q ? (
    <Empty
      title={t('members:nothing.title')}
      text={t('members:nothing.text')}
      action={<Button onClick={() => url.set({ q: undefined })}>{t('common:filter.clear')}</Button>}
    />
  ) : (
    <Empty title={t('members:empty.title')} text={t('members:empty.text')} action={invite} />
  )
  return (
    <>
      <PageHeader
        title={t('members:title')}
        summary={t('members:summary', { tenant: me.tenant?.name ?? '' })}
        actions={invite}
      />
      {isMobile ? (
        <Select
          className="views"
          aria-label={t('members:view')}
          value={tab}
          options={tabs.map(({ key, label }) => ({ value: key, label }))}
          onChange={show}
        />
      ) : (
        <Tabs className="views" activeKey={tab} items={tabs} onChange={show} />
      )}
      {tab === 'people' && (
        <FilterBar
          search={{
            value: q ?? '',
            placeholder: t('members:search'),
            onChange: (text) => url.set({ q: text }),
          }}
          activeCount={q ? 1 : 0}
          onClear={() => url.set({ q: undefined })}
        />
      )}
      <Card flush>
        {tab === 'people' && <PeopleTable q={q} empty={nobody} />}
        {tab === 'invites' && (
          <InvitesTable
            onLink={take}
            empty={
              <Empty
                title={t('members:invite.empty_title')}
                text={t('members:invite.empty_text')}
                action={invite}
              />
            }
          />
        )}
        {tab === 'teams' && <TeamsList />}
      </Card>
      {isInviting && <InviteDrawer onInvited={take} onClose={() => setInviting(false)} />}
      {made && <LinkDialog email={made.email} link={made.link} onDone={() => setMade(null)} />}
    </>
  )
}
