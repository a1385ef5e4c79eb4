import { PlusOutlined } from '@ant-design/icons'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { Button, Input } from 'antd'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { useTenantSlug } from '../../../api/session'
import type { Team } from '../../../api/types'
import { DangerConfirm } from '../../../ui/danger-confirm'
import { Empty } from '../../../ui/empty'
import { ListBlock } from '../../../ui/list-block'
import { problemSentence } from '../../../ui/problem-text'
import { RowMenu } from '../../../ui/row-menu'
import { createTeamMutation, deleteTeamMutation, teamsQuery } from '../queries'
import { TeamDrawer } from './team-drawer'
import { notify } from '../../../ui/notify'

export function TeamsList() {
  const { t } = useTranslation()
  const tenant = useTenantSlug()
  const query = useQuery(teamsQuery(tenant))
  const [opened, setOpened] = useState<Team | null>(null)
  const [leaving, setLeaving] = useState<Team | null>(null)
  const teams = query.data ?? []
  return (
    <>
      <NewTeam />
      <ListBlock
        query={query}
        problemTitle={t('members:teams.unread')}
        hasData={query.data !== undefined}
        isEmpty={teams.length === 0}
        empty={<Empty title={t('members:teams.empty_title')} text={t('members:teams.empty_text')} />}
      >
        <ul className="plain-list" aria-label={t('members:tab.teams')}>
          {teams.map((team) => (
            <li key={team.id}>
              <button type="button" className="link-cell" title={team.id} onClick={() => setOpened(team)}>
                {team.name}
              </button>
              <span className="grow" />
              <RowMenu
                label={t('members:actions_for', { name: team.name })}
                actions={[
                  { key: 'edit', label: t('members:teams.edit'), run: () => setOpened(team) },
                  {
                    key: 'delete',
                    label: t('members:teams.delete'),
                    danger: true,
                    run: () => setLeaving(team),
                  },
                ]}
              />
            </li>
          ))}
        </ul>
      </ListBlock>
      {opened && <TeamDrawer team={opened} onClose={() => setOpened(null)} />}
      {leaving && <DeleteTeam team={leaving} onClose={() => setLeaving(null)} />}
    </>
  )
}

function NewTeam() {
  const { t } = useTranslation()
  const client = useQueryClient()
  const [name, setName] = useState('')
  const create = useMutation({
    ...createTeamMutation,
    onSuccess: () => {
      setName('')
      void client.invalidateQueries({ queryKey: ['members'] })
    },
    onError: (error) => notify.failed(problemSentence(error, t)),
  })
  return (
    <form
      className="inline-form"
      onSubmit={(event) => {
        event.preventDefault()
        if (name.trim()) create.mutate({ name: name.trim() })
      }}
    >
      <Input
        value={name}
        maxLength={120}
        aria-label={t('members:teams.name')}
        placeholder={t('members:teams.name')}
        onChange={(event) => setName(event.target.value)}
      />
      <Button htmlType="submit" icon={<PlusOutlined />} disabled={!name.trim()} loading={create.isPending}>
        {t('members:teams.create')}
      </Button>
    </form>
  )
}

function DeleteTeam({ team, onClose }: { team: Team; onClose: () => void }) {
  const { t } = useTranslation()
  const client = useQueryClient()
  const remove = useMutation({
    ...deleteTeamMutation,
    onSuccess: () => {
      void client.invalidateQueries({ queryKey: ['members'] })
      onClose()
    },
  })
  return (
    <DangerConfirm
      open
      title={t('members:teams.delete_title', { name: team.name })}
      effects={<p className="muted">{t('members:teams.delete_effect')}</p>}
      action={t('members:teams.delete_go')}
      keep={t('members:keep_team')}
      name={team.name}
      isBusy={remove.isPending}
      error={remove.error}
      onConfirm={() => remove.mutate(team)}
      onCancel={onClose}
    />
  )
}
