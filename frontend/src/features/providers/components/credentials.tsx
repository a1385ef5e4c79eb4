import { PlusOutlined } from '@ant-design/icons'
import { useQuery } from '@tanstack/react-query'
import { Button, type TableColumnsType } from 'antd'
import { useState, type ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { useTenantSlug } from '../../../api/session'
import { tokenCount, type Zone } from '../../../i18n/format'
import { Card } from '../../../ui/card'
import { DataTable } from '../../../ui/data-table'
import { Empty } from '../../../ui/empty'
import { ListBlock } from '../../../ui/list-block'
import { RowMenu } from '../../../ui/row-menu'
import { TimeText } from '../../../ui/time-text'
import { useZone } from '../../../ui/use-zone'
import { credentialsQuery } from '../queries'
import type { Credential, Provider } from '../types'
import { AddCredential } from './credential-drawer'
import { CredentialStateText } from './provider-words'
import { useCredentialActions } from './use-credential-actions'

const NONE = '—'

/** Requests and tokens a minute, requests at once; nothing where nothing is limited. */
function limitsText(row: Credential, { language }: Zone): string {
  const limits = [row.rpm_limit, row.tpm_limit, row.concurrency_limit]
  if (limits.every((limit) => limit === null)) return NONE
  return limits.map((limit) => (limit === null ? NONE : tokenCount(limit, language))).join(' · ')
}

/** The pool: which secrets there are, whether they serve, and what their share is. Never a secret itself. */
export function Credentials({ row }: { row: Provider }) {
  const { t } = useTranslation()
  const tenant = useTenantSlug()
  const zone = useZone()
  const query = useQuery(credentialsQuery(tenant, row.id))
  const [isAdding, setAdding] = useState(false)
  const { actions, dialogs } = useCredentialActions(row)
  const rows = query.data ?? []
  const add = (
    <Button type="primary" icon={<PlusOutlined />} onClick={() => setAdding(true)}>
      {t('providers:credential.add')}
    </Button>
  )
  const columns: TableColumnsType<Credential> = [
    {
      title: t('providers:credential.label'),
      key: 'name',
      render: (_, credential) => (
        <>
          <span className="row-name">{credential.name}</span>{' '}
          <span className="muted mono">{suffix(credential)}</span>
          <DuplicateChip row={credential} />
        </>
      ),
    },
    {
      title: t('providers:column.status'),
      key: 'state',
      render: (_, credential) => <CredentialStateText state={credential.state} />,
    },
    {
      title: t('providers:credential.until'),
      key: 'until',
      render: (_, credential) => <TimeText at={credential.state_until} />,
    },
    {
      title: t('providers:credential.weight_priority'),
      key: 'weight',
      align: 'right',
      render: (_, credential) => `${credential.weight} · ${credential.priority}`,
    },
    {
      title: t('providers:credential.limits_short'),
      key: 'limits',
      align: 'right',
      render: (_, credential) => limitsText(credential, zone),
    },
    {
      title: t('providers:credential.last_error'),
      key: 'error',
      render: (_, credential) => <LastError row={credential} />,
    },
    {
      title: t('providers:column.last_ok'),
      key: 'ok',
      align: 'right',
      render: (_, credential) => <TimeText at={credential.last_ok_at} missing={t('providers:never')} />,
    },
    {
      title: <span className="sr-only">{t('providers:column.actions')}</span>,
      key: 'do',
      width: 44,
      render: (_, credential) => (
        <RowMenu
          label={t('providers:actions_for', { name: credential.name })}
          actions={actions(credential)}
        />
      ),
    },
  ]
  const card = (credential: Credential): ReactNode => (
    <>
      <div className="row-card-head">
        <span className="row-name clip">{credential.name}</span>
        <RowMenu
          label={t('providers:actions_for', { name: credential.name })}
          actions={actions(credential)}
        />
      </div>
      <div className="row-card-line">
        <CredentialStateText state={credential.state} />
        <span className="muted mono">{suffix(credential)}</span>
      </div>
      {credential.last_error !== '' && <LastError row={credential} />}
      <div className="row-card-line muted small">
        <span>{t('providers:credential.weight_is', { weight: credential.weight })}</span>
        <span>{limitsText(credential, zone)}</span>
      </div>
    </>
  )
  return (
    <>
      <Card
        flush
        title={t('providers:tab.credentials')}
        hint={t('providers:credential.hint')}
        extra={rows.length > 0 && add}
      >
        <ListBlock
          query={query}
          problemTitle={t('providers:credential.unread')}
          hasData={query.data !== undefined}
          isEmpty={rows.length === 0}
          empty={
            <Empty
              title={t('providers:credential.empty')}
              text={t('providers:credential.empty_text')}
              action={add}
            />
          }
        >
          <DataTable<Credential>
            label={t('providers:tab.credentials')}
            rows={rows}
            rowKey={({ id }) => id}
            columns={columns}
            card={card}
          />
        </ListBlock>
      </Card>
      {isAdding && (
        <AddCredential provider={row} taken={rows.map(({ name }) => name)} onClose={() => setAdding(false)} />
      )}
      {dialogs}
    </>
  )
}

const suffix = (row: Credential) => (row.suffix === '' ? '' : `…${row.suffix}`)

function DuplicateChip({ row }: { row: Credential }) {
  const { t } = useTranslation()
  if (row.duplicate_of === null) return null
  return (
    <span className="chip" title={t('providers:credential.duplicate_hint')}>
      {t('providers:credential.duplicate', { name: row.duplicate_of })}
    </span>
  )
}

function LastError({ row }: { row: Credential }) {
  const text = row.last_error || row.state_reason
  return text === '' ? (
    <span className="muted">{NONE}</span>
  ) : (
    <span className="clip cell-wide" title={text}>
      {text}
    </span>
  )
}
