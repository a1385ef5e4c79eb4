import { CloseOutlined } from '@ant-design/icons'
import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { Button, Drawer, Input, Select } from 'antd'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { useTenantSlug } from '../../../api/session'
import type { Team } from '../../../api/types'
import { Loading } from '../../../ui/loading'
import { problemSentence } from '../../../ui/problem-text'
import { useIsMobile } from '../../../ui/use-media'
import {
  joinTeamMutation,
  leaveTeamMutation,
  membersQuery,
  renameTeamMutation,
  teamMembersQuery,
} from '../queries'

const WIDTH_PX = 480

export function TeamDrawer({ team, onClose }: { team: Team; onClose: () => void }) {
  const { t } = useTranslation()
  const isMobile = useIsMobile()
  const client = useQueryClient()
  const [name, setName] = useState(team.name)
  const rename = useMutation({
    ...renameTeamMutation,
    onSuccess: () => {
      void client.invalidateQueries({ queryKey: ['members'] })
      onClose()
    },
  })
  return (
    <Drawer
      open
      title={team.name}
      size={isMobile ? '100%' : WIDTH_PX}
      rootClassName="side-drawer"
      onClose={onClose}
    >
      <form
        className="inline-form"
        onSubmit={(event) => {
          event.preventDefault()
          rename.mutate({ id: team.id, version: team.version, name: name.trim() })
        }}
      >
        <Input
          value={name}
          maxLength={120}
          aria-label={t('members:teams.name')}
          onChange={(event) => setName(event.target.value)}
        />
        <Button htmlType="submit" disabled={!name.trim() || name === team.name} loading={rename.isPending}>
          {t('members:teams.rename')}
        </Button>
      </form>
      {rename.isError && (
        <p className="form-error" role="alert">
          {problemSentence(rename.error, t)}
        </p>
      )}
      <h3 className="sect">{t('members:title')}</h3>
      <TeamPeople team={team} />
    </Drawer>
  )
}

function TeamPeople({ team }: { team: Team }) {
  const { t } = useTranslation()
  const tenant = useTenantSlug()
  const client = useQueryClient()
  const { data: people, isPending, error } = useQuery(teamMembersQuery(tenant, team.id))
  const { data: everybody } = useInfiniteQuery(membersQuery(tenant, undefined))
  const refresh = { onSuccess: () => void client.invalidateQueries({ queryKey: ['members'] }) }
  const join = useMutation({ ...joinTeamMutation, ...refresh })
  const leave = useMutation({ ...leaveTeamMutation, ...refresh })
  if (isPending) return <Loading rows={3} />
  const inside = new Set((people ?? []).map(({ user }) => user.id))
  const candidates = (everybody?.pages.flatMap((page) => page.data) ?? [])
    .filter(({ user }) => !inside.has(user.id))
    .map(({ user }) => ({ value: user.id, label: user.display_name || user.email }))
  const failure = error ?? join.error ?? leave.error
  return (
    <>
      <ul className="plain-list">
        {(people ?? []).map(({ user }) => (
          <li key={user.id}>
            <span className="clip">{user.display_name || user.email}</span>
            <span className="grow" />
            <Button
              type="text"
              size="small"
              icon={<CloseOutlined />}
              aria-label={t('members:teams.take_out', { name: user.display_name || user.email })}
              onClick={() => leave.mutate({ id: team.id, user: user.id })}
            />
          </li>
        ))}
      </ul>
      {inside.size === 0 && <p className="muted">{t('members:teams.nobody')}</p>}
      <Select
        className="full add-person"
        aria-label={t('members:teams.add')}
        placeholder={t('members:teams.add')}
        showSearch={{ optionFilterProp: 'label' }}
        value={null}
        options={candidates}
        onChange={(user: string | null) => user && join.mutate({ id: team.id, user })}
      />
      {failure && (
        <p className="form-error" role="alert">
          {problemSentence(failure, t)}
        </p>
      )}
    </>
  )
}
