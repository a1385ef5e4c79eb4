import { useInfiniteQuery, useMutation, useQueryClient } from '@tanstack/react-query'
import { type TableColumnsType } from 'antd'
import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { useTenantSlug } from '../../../api/session'
import type { Invite, InviteWithLink } from '../../../api/types'
import { DataTable } from '../../../ui/data-table'
import { ListBlock } from '../../../ui/list-block'
import { problemSentence } from '../../../ui/problem-text'
import { RowMenu, type RowAction } from '../../../ui/row-menu'
import { StatusTag } from '../../../ui/status-tag'
import { TimeText } from '../../../ui/time-text'
import type { Status } from '../../../ui/tokens'
import { invitesQuery, resendMutation, withdrawMutation } from '../queries'
import { ROLES } from '../roles'
import { notify } from '../../../ui/notify'

const LOOKS: Record<Invite['status'], { status: Status; text: string }> = {
  pending: { status: 'pending', text: 'members:invite.pending' },
  accepted: { status: 'ok', text: 'members:invite.accepted' },
  revoked: { status: 'blocked', text: 'members:invite.revoked' },
  expired: { status: 'off', text: 'members:invite.expired' },
}

interface Props {
  empty: ReactNode
  onLink: (invite: InviteWithLink) => void
}

export function InvitesTable({ empty, onLink }: Props) {
  const { t } = useTranslation()
  const tenant = useTenantSlug()
  const query = useInfiniteQuery(invitesQuery(tenant))
  const actions = useInviteActions(onLink)
  const rows = query.data?.pages.flatMap((page) => page.data) ?? []
  const columns: TableColumnsType<Invite> = [
    { title: t('members:email'), key: 'email', render: (_, row) => <b className="row-name">{row.email}</b> },
    {
      title: t('members:column.status'),
      key: 'status',
      width: 120,
      render: (_, row) => <InviteStatus row={row} />,
    },
    { title: t('members:column.role'), key: 'role', width: 144, render: (_, row) => t(ROLES[row.role].text) },
    {
      title: t('members:team'),
      key: 'team',
      render: (_, row) => <span className="clip cell-clip">{row.team?.name ?? '—'}</span>,
    },
    {
      title: t('members:column.invited_by'),
      key: 'by',
      render: (_, row) => <span className="clip cell-clip">{row.invited_by?.label ?? '—'}</span>,
    },
    {
      title: t('members:column.expires'),
      key: 'expires',
      align: 'right',
      width: 136,
      render: (_, row) => <TimeText at={row.expires_at} />,
    },
    {
      title: <span className="sr-only">{t('members:column.actions')}</span>,
      key: 'do',
      width: 44,
      render: (_, row) => (
        <RowMenu label={t('members:actions_for', { name: row.email })} actions={actions(row)} />
      ),
    },
  ]
  return (
    <ListBlock
      query={query}
      problemTitle={t('members:invite.unread')}
      hasData={query.data !== undefined}
      isEmpty={rows.length === 0}
      empty={empty}
    >
      <DataTable<Invite>
        label={t('members:tab.invites')}
        rows={rows}
        rowKey={(row) => row.id}
        columns={columns}
        card={(row) => (
          <>
            <div className="row-card-head">
              <b className="clip">{row.email}</b>
              <RowMenu label={t('members:actions_for', { name: row.email })} actions={actions(row)} />
            </div>
            <div className="row-card-line">
              <InviteStatus row={row} />
              <span>{t(ROLES[row.role].text)}</span>
            </div>
            <div className="row-card-line muted small">
              <span>{t('members:column.expires')}</span>
              <TimeText at={row.expires_at} />
            </div>
          </>
        )}
        more={query}
      />
    </ListBlock>
  )
}

function InviteStatus({ row }: { row: Invite }) {
  const { t } = useTranslation()
  const look = LOOKS[row.status]
  return (
    <StatusTag plain status={look.status}>
      {t(look.text)}
    </StatusTag>
  )
}

function useInviteActions(onLink: (invite: InviteWithLink) => void): (row: Invite) => RowAction[] {
  const { t } = useTranslation()
  const client = useQueryClient()
  const refresh = () => void client.invalidateQueries({ queryKey: ['members'] })
  const onError = (error: unknown) => notify.failed(problemSentence(error, t))
  const resend = useMutation({
    ...resendMutation,
    onSuccess: (invite) => {
      refresh()
      onLink(invite)
    },
    onError,
  })
  const withdraw = useMutation({ ...withdrawMutation, onSuccess: refresh, onError })
  return (row) => {
    const isOpen = row.status === 'pending'
    const again = { key: 'resend', label: t('members:action.resend'), run: () => resend.mutate(row) }
    const back = {
      key: 'withdraw',
      label: t('members:action.withdraw'),
      danger: true,
      run: () => withdraw.mutate(row),
    }
    if (isOpen) return [again, back]
    return row.status === 'expired' ? [again] : []
  }
}
