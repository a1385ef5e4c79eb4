import { Button, type TableColumnsType } from 'antd'
import type { TFunction } from 'i18next'
import { tokenCount, wholeNumber } from '../../../i18n/format'
import type { Language } from '../../../i18n/index'
import { RowMenu, type RowAction } from '../../../ui/row-menu'
import { StatusTag } from '../../../ui/status-tag'
import type { CatalogModel } from '../types'
import { PriceSource } from './price-source'
import { Rate } from './rate'
import { UnpricedTag } from './unpriced'

interface Host {
  t: TFunction
  language: Language
  open: (row: CatalogModel) => void
  price: (row: CatalogModel) => (() => void) | null
  actions: (row: CatalogModel) => RowAction[]
}

export function ModelName({ row, open }: { row: CatalogModel; open: (row: CatalogModel) => void }) {
  return (
    <span className="model-name">
      <button type="button" className="link-cell mono clip" onClick={() => open(row)}>
        {row.public_name}
      </button>
      {row.upstream_name !== row.public_name && (
        <span className="muted mono clip" title={row.upstream_name}>
          {row.upstream_name}
        </span>
      )}
    </span>
  )
}

export function modelColumns({ t, language, open, price, actions }: Host): TableColumnsType<CatalogModel> {
  const rate = (name: 'in' | 'cached' | 'out') => ({
    key: name,
    align: 'right' as const,
    render: (_: unknown, row: CatalogModel) => (
      <Rate rate={row.price?.[name]} missing={t(row.price ? 'models:no_rate' : 'models:unpriced.why')} />
    ),
  })
  return [
    {
      title: t('models:column.model'),
      key: 'model',
      render: (_, row) => <ModelName row={row} open={open} />,
    },
    {
      title: t('models:column.provider'),
      key: 'provider',
      render: (_, row) => (
        <span className="cell-clip clip" title={row.provider.slug}>
          {row.provider.name}
        </span>
      ),
    },
    { title: <PerMillion text={t('models:column.in')} />, ...rate('in') },
    { title: <PerMillion text={t('models:column.cached')} />, ...rate('cached') },
    { title: <PerMillion text={t('models:column.out')} />, ...rate('out') },
    {
      title: t('models:column.price'),
      key: 'price',
      render: (_, row) =>
        row.price ? <PriceSource price={row.price} /> : <NoPrice row={row} price={price(row)} t={t} />,
    },
    {
      title: t('models:column.requests'),
      key: 'requests',
      align: 'right',
      render: (_, row) => wholeNumber(row.requests_7d, language),
    },
    {
      title: t('models:column.context'),
      key: 'context',
      align: 'right',
      render: (_, row) =>
        row.context_window === null ? (
          <span className="muted">{'—'}</span>
        ) : (
          <span title={String(row.context_window)}>{tokenCount(row.context_window, language)}</span>
        ),
    },
    {
      title: t('models:column.state'),
      key: 'state',
      render: (_, row) => <ModelState row={row} t={t} />,
    },
    {
      title: <span className="sr-only">{t('models:column.actions')}</span>,
      key: 'do',
      width: 44,
      render: (_, row) => (
        <RowMenu label={t('models:actions_for', { name: row.public_name })} actions={actions(row)} />
      ),
    },
  ]
}

function PerMillion({ text }: { text: string }) {
  return <span title={'USD / 1M'}>{text}</span>
}

function NoPrice({ row, price, t }: { row: CatalogModel; price: (() => void) | null; t: TFunction }) {
  return (
    <span className="price-source">
      <UnpricedTag row={row} />
      {price && (
        <Button size="small" onClick={price} aria-label={t('models:price_it_for', { name: row.public_name })}>
          {t('models:price_it')}
        </Button>
      )}
    </span>
  )
}

export function ModelState({ row, t }: { row: CatalogModel; t: TFunction }) {
  if (row.deprecated_at !== null) {
    const hint = row.successor === '' ? undefined : t('models:successor', { name: row.successor })
    return (
      <span title={hint}>
        <StatusTag plain status="degraded">
          {t('models:retires', { day: row.deprecated_at.slice(0, 10) })}
        </StatusTag>
      </span>
    )
  }
  return (
    <StatusTag plain status={row.enabled ? 'ok' : 'off'}>
      {t(row.enabled ? 'models:on' : 'models:off')}
    </StatusTag>
  )
}
