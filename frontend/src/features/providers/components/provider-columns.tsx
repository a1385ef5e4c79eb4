import type { TableColumnsType } from 'antd'
import type { TFunction } from 'i18next'
import { Link } from 'react-router'
import { RowMenu, type RowAction } from '../../../ui/row-menu'
import { parseSort, type SortKey } from '../provider-list'
import type { Provider } from '../types'
import { ProviderChips, ProviderTitle, StatusWithReason } from './provider-words'
import { UptimeStrip } from './uptime-strip'

const NONE = '—'

interface Context {
  t: TFunction
  sort: string | undefined
  kindLabel: (kind: string) => string
  href: (row: Provider) => string
  actions: (row: Provider) => RowAction[]
}

/** `2 / 3`: how many of the credentials may serve now; nothing where none is needed. */
export function credentialsText(row: Pick<Provider, 'credentials'>): string {
  const { healthy, total } = row.credentials
  return total === 0 ? NONE : `${healthy} / ${total}`
}

export function providerColumns({ t, sort, kindLabel, href, actions }: Context): TableColumnsType<Provider> {
  const current = parseSort(sort)
  const sortable = (key: SortKey) => ({
    key,
    sorter: true,
    showSorterTooltip: false,
    sortOrder:
      current.key === key ? (current.isDescending ? ('descend' as const) : ('ascend' as const)) : null,
  })
  return [
    {
      ...sortable('name'),
      title: t('providers:column.name'),
      render: (_, row) => (
        <ProviderTitle name={row.name} note={row.host || row.slug}>
          <span className="provider-line">
            <Link className="link-cell clip" to={href(row)} title={row.slug}>
              {row.name}
            </Link>
            <ProviderChips row={row} />
          </span>
        </ProviderTitle>
      ),
    },
    { ...sortable('kind'), title: t('providers:column.kind'), render: (_, row) => kindLabel(row.kind) },
    {
      title: t('providers:column.region'),
      key: 'region',
      render: (_, row) => row.region || <span className="muted">{NONE}</span>,
    },
    {
      ...sortable('status'),
      title: t('providers:column.status'),
      render: (_, row) => <StatusWithReason row={row} />,
    },
    {
      title: t('providers:column.health'),
      key: 'health',
      width: 262,
      render: (_, row) => <UptimeStrip cells={row.cells} name={row.name} />,
    },
    {
      ...sortable('models'),
      title: t('providers:column.models'),
      align: 'right',
      render: (_, row) => row.models_enabled,
    },
    {
      ...sortable('credentials'),
      title: t('providers:column.credentials'),
      align: 'right',
      render: (_, row) => <span title={t('providers:column.credentials_hint')}>{credentialsText(row)}</span>,
    },
    {
      title: <span className="sr-only">{t('providers:column.actions')}</span>,
      key: 'do',
      width: 44,
      render: (_, row) => (
        <RowMenu label={t('providers:actions_for', { name: row.name })} actions={actions(row)} />
      ),
    },
  ]
}
