import { useQuery } from '@tanstack/react-query'
import { Button, Drawer } from 'antd'
import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { useTenantSlug } from '../../../api/session'
import { nanoOf } from '../../../i18n/money'
import { Loading } from '../../../ui/loading'
import { ProblemView } from '../../../ui/problem'
import { TimeText } from '../../../ui/time-text'
import { useIsMobile } from '../../../ui/use-media'
import { lookupQuery } from '../queries'
import type { Amounts, CatalogModel, Lookup, Price } from '../types'
import { className, matchedName, scopeName } from '../words'
import { PriceHistory } from './price-history'
import { Rate } from './rate'
import { RatesTable } from './rates-table'
import { UnpricedTag } from './unpriced'
import type { PriceActions } from './use-price-actions'

const WIDTH_PX = 720

interface Props {
  row: CatalogModel
  actions: PriceActions
  onClose: () => void
}

/** What one model costs and why: the row in force, all its rates, and every row before and after it. */
export function PriceDrawer({ row, actions, onClose }: Props) {
  const { t } = useTranslation()
  const isMobile = useIsMobile()
  const query = useQuery(lookupQuery(useTenantSlug(), row))
  const price = query.data?.price ?? null
  const change = query.data && actions.change(row, price)
  return (
    <Drawer
      open
      mask={false}
      rootClassName="side-drawer"
      size={isMobile ? '100%' : WIDTH_PX}
      title={<span className="mono">{row.public_name}</span>}
      extra={change && <Button onClick={change.run}>{change.label}</Button>}
      onClose={onClose}
    >
      <p className="muted drawer-lede">
        {t('models:drawer.lede', { provider: row.provider.name, name: row.upstream_name })}
      </p>
      {query.isPending ? (
        <Loading rows={6} />
      ) : query.isError ? (
        <ProblemView
          error={query.error}
          title={t('models:drawer.unread')}
          onRetry={() => void query.refetch()}
        />
      ) : (
        <>
          <InForce row={row} found={query.data} actions={actions} />
          <h3 className="sect">{t('models:history.title')}</h3>
          <PriceHistory row={row} price={price} actions={actions.ofRow} />
        </>
      )}
    </Drawer>
  )
}

function InForce({ row, found, actions }: { row: CatalogModel; found: Lookup; actions: PriceActions }) {
  const { t } = useTranslation()
  const { price, amounts, matched_by: by } = found
  if (by === null) {
    const free = actions.free(row)
    return (
      <div className="note with-action unpriced-note">
        <span>
          <UnpricedTag row={row} />
          <br />
          <span className="muted">{t('models:unpriced.why')}</span>
        </span>
        {free && <Button onClick={free.run}>{free.label}</Button>}
      </div>
    )
  }
  if (price === null) {
    return (
      <>
        <p className="muted">{t('models:drawer.not_yours')}</p>
        <Paid amounts={amounts} />
      </>
    )
  }
  const matched = matchedName(by, t)
  const facts: [string, ReactNode][] = [
    [t('models:fact.matched'), t('models:fact.found', matched)],
    [
      t('models:fact.model'),
      <span key="m" className="mono">
        {price.model}
      </span>,
    ],
    [
      t('models:fact.scope'),
      [scopeName(price.scope, t), price.vendor || price.provider].filter(Boolean).join(' · '),
    ],
    [t('models:fact.version'), price.version],
    [
      t('models:fact.valid_from'),
      Date.parse(price.valid_from) > 0 ? <TimeText key="f" at={price.valid_from} /> : t('models:always'),
    ],
    [t('models:fact.source'), price.source || '—'],
  ]
  return (
    <>
      {amounts && isOther(amounts, price) && (
        <>
          <h3 className="sect">{t('models:paid.title')}</h3>
          <p className="muted">{t('models:paid.why')}</p>
          <Paid amounts={amounts} />
        </>
      )}
      <h3 className="sect">{t('models:rates.title')}</h3>
      <RatesTable price={price} />
      <h3 className="sect">{t('models:drawer.row')}</h3>
      <dl className="fact-list">
        {facts.map(([label, value]) => (
          <div key={label}>
            <dt>{label}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
    </>
  )
}

const PAID = [
  { name: 'in', of: 'in_fresh' },
  { name: 'cached', of: 'in_cache_read' },
  { name: 'cache_write', of: 'in_cache_write_5m' },
  { name: 'out', of: 'out_text' },
] as const

/** A multiplier or a markup lies between the row and what is paid. */
const isOther = (amounts: Amounts, { rates }: Price): boolean =>
  PAID.some(({ name, of }) => nanoOf(amounts[name] ?? '0') !== nanoOf(rates[of] ?? '0'))

function Paid({ amounts }: { amounts: Amounts | null }) {
  const { t } = useTranslation()
  return (
    <dl className="fact-list">
      {PAID.map(({ name, of }) => (
        <div key={name}>
          <dt>{className(of, t)}</dt>
          <dd>
            <Rate rate={amounts?.[name]} />
          </dd>
        </div>
      ))}
    </dl>
  )
}
