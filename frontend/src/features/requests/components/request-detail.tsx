import { Tabs } from 'antd'
import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { useSearchParams } from 'react-router'
import { tokenCount } from '../../../i18n/format'
import { spanText } from '../../../i18n/spans'
import { Money } from '../../../ui/money'
import { useIsMobile } from '../../../ui/use-media'
import { useZone } from '../../../ui/use-zone'
import type { RequestDetail } from '../types'
import { Attempts } from './attempts'
import { ModelCell, shortMask } from './cells'
import { Conversion } from './conversion'
import { LaneFacts } from './lane-facts'
import { ReceiptTab } from './receipt'
import { Waterfall } from './waterfall'

const TABS = ['receipt', 'conversion', 'bodies'] as const
type Tab = (typeof TABS)[number]

const TAB_TEXTS: Readonly<Record<Tab, string>> = {
  receipt: 'requests:tab.receipt',
  conversion: 'requests:tab.conversion',
  bodies: 'requests:tab.bodies',
}

/** Everything that is known of one request; the same in the drawer and on its page. */
export function RequestDetailView({ detail }: { detail: RequestDetail }) {
  return (
    <>
      <Lead detail={detail} />
      <Facts detail={detail} />
      <LaneFacts detail={detail} />
      <Waterfall detail={detail} />
      <Attempts detail={detail} />
      <Parts detail={detail} />
    </>
  )
}

function Lead({ detail }: { detail: RequestDetail }) {
  const { t } = useTranslation()
  const zone = useZone()
  const at = new Date(detail.time)
  const here = new Intl.DateTimeFormat(zone.language, {
    month: 'short',
    day: 'numeric',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    hourCycle: 'h23',
    timeZone: zone.tz,
  }).format(at)
  const parts: (string | false | null | undefined)[] = [
    `${here} ${zone.tz}`,
    `${at.toISOString().slice(11, 19)} UTC`,
    detail.key && `${detail.key.name} ${shortMask(detail.key.mask)}`,
    detail.user?.name,
    detail.simulated && t('requests:simulated'),
  ]
  return (
    <p className="muted lead">
      {parts.filter(Boolean).join(' · ')}
      <br />
      <ModelCell row={detail} />
      {detail.provider && ` · ${detail.provider}`}
    </p>
  )
}

function Facts({ detail }: { detail: RequestDetail }) {
  const { t } = useTranslation()
  const { language } = useZone()
  const { tokens, ttft_ms, latency_ms, overhead_ms, tok_s } = detail
  const isRunning = detail.status === 'running'
  const facts: [string, ReactNode, string][] = [
    [
      t('requests:fact.cost'),
      isRunning ? '—' : <Money amount={detail.cost} />,
      isRunning || detail.cost !== null ? t('requests:fact.cost_note') : t('requests:fact.unpriced_note'),
    ],
    [
      t('requests:fact.latency'),
      latency_ms === null ? '—' : spanText(latency_ms),
      overhead_ms === null ? '' : t('requests:fact.overhead', { ms: overhead_ms.toFixed(1) }),
    ],
    [
      t('requests:fact.first_token'),
      ttft_ms === null ? '—' : spanText(ttft_ms),
      tok_s === null ? '' : t('requests:fact.speed', { speed: tok_s.toFixed(1) }),
    ],
    [
      t('requests:fact.tokens'),
      `${tokenCount(tokens.in, language)} · ${tokenCount(tokens.out, language)}`,
      t('requests:fact.cached', { count: tokens.cached, shown: tokenCount(tokens.cached, language) }),
    ],
  ]
  return (
    <dl className="facts">
      {facts.map(([label, value, note]) => (
        <div key={label}>
          <dt>{label}</dt>
          <dd>
            {value}
            <small>{note}</small>
          </dd>
        </div>
      ))}
    </dl>
  )
}

/** Tabs on a desk, one below the other to unfold on a phone. */
function Parts({ detail }: { detail: RequestDetail }) {
  const { t } = useTranslation()
  const isMobile = useIsMobile()
  const [params, setParams] = useSearchParams()
  const asked = TABS.find((tab) => tab === params.get('tab')) ?? 'receipt'
  const choose = (tab: string) =>
    setParams(
      (current) => {
        const next = new URLSearchParams(current)
        next.set('tab', tab)
        return next
      },
      { replace: true },
    )
  const parts: Record<Tab, ReactNode> = {
    receipt: <ReceiptTab id={detail.id} />,
    conversion: <Conversion detail={detail} />,
    bodies: <p className="part-text">{t('requests:bodies.not_stored')}</p>,
  }
  if (isMobile) {
    return (
      <div className="req-folds">
        {TABS.map((tab) => (
          <details key={tab} open={tab === asked}>
            <summary>{t(TAB_TEXTS[tab])}</summary>
            {parts[tab]}
          </details>
        ))}
      </div>
    )
  }
  return (
    <Tabs
      className="drawer-tabs"
      activeKey={asked}
      onChange={choose}
      destroyOnHidden
      items={TABS.map((tab) => ({
        key: tab,
        label: t(TAB_TEXTS[tab]),
        children: <div className="tab-part">{parts[tab]}</div>,
      }))}
    />
  )
}
