import { useInfiniteQuery } from '@tanstack/react-query'
import { type TableColumnsType } from 'antd'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState, type ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { useMe, useTenantSlug } from '../../../api/session'
import type { Member } from '../../../api/types'
import { DataTable } from '../../../ui/data-table'
import { ListBlock } from '../../../ui/list-block'
import { problemSentence } from '../../../ui/problem-text'
import { RowMenu, type RowAction } from '../../../ui/row-menu'
import { StatusTag } from '../../../ui/status-tag'
import { TimeText } from '../../../ui/time-text'
import { changeMutation, membersQuery } from '../queries'
import { ROLES } from '../roles'
import { ChangeRoleDialog } from './change-role-dialog'
import { LeaveDialog } from './leave-dialog'
import { notify } from '../../../ui/notify'

type Dialog = { how: 'role' | 'disable' | 'remove'; member: Member } | null

export function PeopleTable({ q, empty }: { q: string | undefined; empty: ReactNode }) {
  const { t } = useTranslation()
  const tenant = useTenantSlug()
  const query = useInfiniteQuery(membersQuery(tenant, q))
  const { actions, dialogs } = useMemberActions()
  const rows = query.data?.pages.flatMap((page) => page.data) ?? []
  const columns: TableColumnsType<Member> = [
    { title: t('members:column.person'), key: 'person', render: (_, row) => <Person row={row} /> },
    { title: t('members:column.role'), key: 'role', width: 144, render: (_, row) => t(ROLES[row.role].text) },
    {
      title: t('members:column.status'),
      key: 'status',
      width: 120,
      render: (_, row) => <MemberStatus row={row} />,
    },
    {
      title: t('members:column.teams'),
      key: 'teams',
      render: (_, row) => <span className="clip cell-clip">{teamNames(row)}</span>,
    },
    { title: t('members:column.mfa'), key: 'mfa', width: 96, render: (_, row) => <Mfa row={row} /> },
    { title: t('members:column.keys'), dataIndex: 'key_count', width: 64, align: 'right' },
    {
      title: t('members:column.seen'),
      key: 'seen',
      align: 'right',
      width: 136,
      render: (_, row) => <TimeText at={row.user.last_seen_at} missing={t('members:never')} />,
    },
    {
      title: <span className="sr-only">{t('members:column.actions')}</span>,
      key: 'do',
      width: 44,
      render: (_, row) => (
        <RowMenu label={t('members:actions_for', { name: nameOf(row) })} actions={actions(row)} />
      ),
    },
  ]
  return (
    <>
      <ListBlock
        query={query}
        problemTitle={t('members:unread')}
        hasData={query.data !== undefined}
        isEmpty={rows.length === 0}
        empty={empty}
      >
        <DataTable<Member>
          label={t('members:title')}
          rows={rows}
          rowKey={(row) => row.id}
          columns={columns}
          card={(row) => <PersonCard row={row} actions={actions(row)} />}
          more={query}
        />
      </ListBlock>
      {dialogs}
    </>
  )
}

function nameOf(row: Member): string {
  return row.user.display_name || row.user.email
}

function teamNames(row: Member): string {
  return row.teams.map(({ name }) => name).join(', ') || '—'
}

function Person({ row }: { row: Member }) {
  return (
    <span title={row.id}>
      <b className="row-name">{nameOf(row)}</b>{' '}
      {row.user.display_name && <span className="muted">{row.user.email}</span>}
    </span>
  )
}

function MemberStatus({ row }: { row: Member }) {
  const { t } = useTranslation()
  const isActive = row.status === 'active'
  return (
    <StatusTag plain status={isActive ? 'ok' : 'off'}>
      {t(isActive ? 'members:status.active' : 'members:status.disabled')}
    </StatusTag>
  )
}

function Mfa({ row }: { row: Member }) {
  const { t } = useTranslation()
  return row.user.mfa_enabled ? t('members:mfa.on') : <span className="muted">{t('members:mfa.off')}</span>
}

function PersonCard({ row, actions }: { row: Member; actions: RowAction[] }) {
  const { t } = useTranslation()
  return (
    <>
      <div className="row-card-head">
        <b className="clip">{nameOf(row)}</b>
        <RowMenu label={t('members:actions_for', { name: nameOf(row) })} actions={actions} />
      </div>
      {row.user.display_name && <span className="muted clip">{row.user.email}</span>}
      <div className="row-card-line">
        <MemberStatus row={row} />
        <span>{t(ROLES[row.role].text)}</span>
      </div>
      <div className="row-card-line muted small">
        <span>{t('members:keys_count', { count: row.key_count })}</span>
        <TimeText at={row.user.last_seen_at} missing={t('members:never')} />
      </div>
    </>
  )
}

function useMemberActions() {
  const { t } = useTranslation()
  const me = useMe()
  const client = useQueryClient()
  const [dialog, setDialog] = useState<Dialog>(null)
  const enable = useMutation({
    ...changeMutation,
    onSuccess: () => void client.invalidateQueries({ queryKey: ['members'] }),
    onError: (error) => notify.failed(problemSentence(error, t)),
  })
  const actions = (member: Member): RowAction[] => {
    // Only owners touch owners.
    if (member.role === 'owner' && me.role !== 'owner' && !me.user.is_superadmin) return []
    const ask = (how: 'role' | 'disable' | 'remove') => () => setDialog({ how, member })
    const { id, version } = member
    return [
      { key: 'role', label: t('members:action.role'), run: ask('role') },
      member.status === 'active'
        ? { key: 'disable', label: t('members:action.disable'), run: ask('disable') }
        : {
            key: 'enable',
            label: t('members:action.enable'),
            run: () => enable.mutate({ id, version, status: 'active' }),
          },
      { key: 'remove', label: t('members:action.remove'), danger: true, run: ask('remove') },
    ]
  }
  const close = () => setDialog(null)
  const dialogs =
    dialog &&
    (dialog.how === 'role' ? (
      <ChangeRoleDialog member={dialog.member} onClose={close} />
    ) : (
      <LeaveDialog member={dialog.member} how={dialog.how} onClose={close} />
    ))
  return { actions, dialogs }
}
