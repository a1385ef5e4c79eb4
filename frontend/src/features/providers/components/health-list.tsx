import { useQuery } from '@tanstack/react-query'
import type { TableColumnsType } from 'antd'
import { useTranslation } from 'react-i18next'
import { useTenantSlug } from '../../../api/session'
import { Card } from '../../../ui/card'
import { DataTable } from '../../../ui/data-table'
import { Empty } from '../../../ui/empty'
import { ListBlock } from '../../../ui/list-block'
import { PageHeader } from '../../../ui/page-header'
import { TimeText } from '../../../ui/time-text'
import { healthQuery } from '../queries'
import type { HealthRow } from '../types'
import { Monogram, StatusWithReason } from './provider-words'
import { UptimeStrip } from './uptime-strip'

/** What a developer may know of the back-ends: that they are there, and whether they serve. */
export function HealthList() {
  const { t } = useTranslation()
  const tenant = useTenantSlug()
  const query = useQuery(healthQuery(tenant))
  const rows = query.data?.providers ?? []
  const columns: TableColumnsType<HealthRow> = [
    { title: t('providers:column.name'), key: 'name', render: (_, row) => <Name row={row} /> },
    {
      title: t('providers:column.status'),
      key: 'status',
      render: (_, row) => <StatusWithReason row={asStatus(row)} />,
    },
    {
      title: t('providers:column.health'),
      key: 'health',
      width: 262,
      render: (_, row) => <UptimeStrip cells={row.cells} name={row.name} />,
    },
    { title: t('providers:column.models'), dataIndex: 'models', align: 'right' },
    {
      title: t('providers:column.last_ok'),
      key: 'last_ok',
      align: 'right',
      render: (_, row) => <TimeText at={row.last_ok_at} />,
    },
  ]
  return (
    <>
      <PageHeader title={t('providers:title')} summary={t('providers:names_only')} />
      <Card flush>
        <ListBlock
          query={query}
          problemTitle={t('providers:unread')}
          hasData={query.data !== undefined}
          isEmpty={rows.length === 0}
          empty={<Empty title={t('providers:empty.title')} text={t('providers:empty.ask')} />}
        >
          <DataTable<HealthRow>
            label={t('providers:title')}
            rows={rows}
            rowKey={(row) => row.id}
            columns={columns}
            card={(row) => (
              <>
                <div className="row-card-head">
                  <Name row={row} />
                  <StatusWithReason row={asStatus(row)} />
                </div>
                <UptimeStrip cells={row.cells} name={row.name} />
                <span className="muted small">{t('providers:card.models', { count: row.models })}</span>
              </>
            )}
          />
        </ListBlock>
      </Card>
    </>
  )
}

function Name({ row }: { row: HealthRow }) {
  return (
    <span className="provider-title">
      <Monogram name={row.name} />
      <span className="row-name">{row.name}</span>
    </span>
  )
}

function asStatus({ status, reason, latency_ms, last_ok_at, credentials }: HealthRow) {
  return {
    enabled: status !== 'disabled',
    draining: false,
    credentials,
    status: { state: status, reason, latency_ms, last_ok_at },
  }
}
