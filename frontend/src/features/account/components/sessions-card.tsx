import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { Button } from 'antd'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { useNavigate } from 'react-router'
import { forgetSession } from '../../../api/session'
import type { ConsoleSession } from '../../../api/types'
import { Card } from '../../../ui/card'
import { DangerConfirm } from '../../../ui/danger-confirm'
import { ListBlock } from '../../../ui/list-block'
import { problemSentence } from '../../../ui/problem-text'
import { TimeText } from '../../../ui/time-text'
import { device } from '../device'
import { endAllMutation, endSessionMutation, sessionsQuery } from '../queries'
import { notify } from '../../../ui/notify'

export function SessionsCard() {
  const { t } = useTranslation()
  const query = useQuery(sessionsQuery)
  const rows = query.data ?? []
  return (
    <Card title={t('account:sessions.title')} extra={<EndAll />}>
      <ListBlock
        query={query}
        problemTitle={t('account:sessions.unread')}
        hasData={query.data !== undefined}
        isEmpty={rows.length === 0}
        empty={<p className="muted">{t('account:sessions.none')}</p>}
      >
        <ul className="plain-list bare" aria-label={t('account:sessions.title')}>
          {rows.map((row) => (
            <Row key={row.id} row={row} />
          ))}
        </ul>
      </ListBlock>
    </Card>
  )
}

function Row({ row }: { row: ConsoleSession }) {
  const { t } = useTranslation()
  const client = useQueryClient()
  const end = useMutation({
    ...endSessionMutation,
    onSuccess: () => void client.invalidateQueries({ queryKey: ['account', 'sessions'] }),
    onError: (error) => notify.failed(problemSentence(error, t)),
  })
  return (
    <li>
      <div className="session">
        <span title={row.user_agent}>
          {device(row.user_agent) || t('account:sessions.unknown')}
          {row.current && <span className="chip">{t('account:sessions.this')}</span>}
        </span>
        <span className="muted small">
          <span className="mono">{row.ip}</span>
          {' · '}
          <TimeText at={row.last_seen_at} />
        </span>
      </div>
      <span className="grow" />
      {!row.current && (
        <Button size="small" loading={end.isPending} onClick={() => end.mutate(row)}>
          {t('account:sessions.end')}
        </Button>
      )}
    </li>
  )
}

function EndAll() {
  const { t } = useTranslation()
  const go = useNavigate()
  const client = useQueryClient()
  const [isAsking, setAsking] = useState(false)
  const end = useMutation({
    ...endAllMutation,
    onSuccess: async () => {
      await go('/login')
      forgetSession(client)
    },
  })
  return (
    <>
      <Button size="small" onClick={() => setAsking(true)}>
        {t('account:sessions.end_all')}
      </Button>
      <DangerConfirm
        open={isAsking}
        title={t('account:sessions.end_all_title')}
        effects={<p className="muted">{t('account:sessions.end_all_effect')}</p>}
        action={t('account:sessions.end_all')}
        keep={t('account:sessions.keep')}
        isBusy={end.isPending}
        error={end.error}
        onConfirm={() => end.mutate()}
        onCancel={() => setAsking(false)}
      />
    </>
  )
}
