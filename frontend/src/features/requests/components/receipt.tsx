import { DownloadOutlined } from '@ant-design/icons'
import { useQuery } from '@tanstack/react-query'
import { Button } from 'antd'
import type { TFunction } from 'i18next'
import { useTranslation } from 'react-i18next'
import { isProblem } from '../../../api/problem'
import { useTenantSlug } from '../../../api/session'
import { nanoOf } from '../../../i18n/money'
import { saveFile } from '../../../ui/csv'
import { Loading } from '../../../ui/loading'
import { ProblemView } from '../../../ui/problem'
import { receiptQuery } from '../queries'
import type { Receipt, ReceiptAttempt } from '../types'
import { Exact, ReceiptLines, type Sum } from './receipt-lines'

/** What was counted, by which price row, and how it adds up to the last digit. */
export function ReceiptTab({ id }: { id: string }) {
  const { t } = useTranslation()
  const tenant = useTenantSlug()
  const { data, isPending, error, refetch } = useQuery(receiptQuery(tenant, id))
  if (isPending) return <Loading rows={4} />
  if (data) return <ReceiptSheet receipt={data} />
  if (isProblem(error) && error.status === 404)
    return <p className="muted">{t('requests:receipt.not_yet')}</p>
  return <ProblemView error={error} title={t('requests:receipt.unread')} onRetry={() => void refetch()} />
}

function ReceiptSheet({ receipt }: { receipt: Receipt }) {
  const { t } = useTranslation()
  const { attempts, total, currency } = receipt
  const download = () =>
    saveFile(
      new Blob([JSON.stringify(receipt, null, 2)], { type: 'application/json' }),
      `receipt-${receipt.request_id}.json`,
    )
  const isMany = attempts.length > 1
  const isSimulated = attempts.every(({ simulated }) => simulated)
  return (
    <div className="receipt">
      {attempts.map((attempt) => (
        <section key={`${attempt.attempt} ${attempt.kind}`} className="receipt-part">
          {isMany && isUnused(attempt) ? (
            <Unused attempt={attempt} currency={currency} />
          ) : (
            <>
              {isMany && <PartHead attempt={attempt} />}
              <Part attempt={attempt} currency={currency} isMany={isMany} />
            </>
          )}
        </section>
      ))}
      <dl className="receipt-total">
        {total.cost !== null && total.cost !== total.charge && (
          <div>
            <dt>{t('requests:receipt.cost')}</dt>
            <dd>
              <Exact amount={total.cost} currency={currency} />
            </dd>
          </div>
        )}
        <div className="sum">
          <dt>{t(isSimulated ? 'requests:receipt.rated' : 'requests:receipt.charged')}</dt>
          <dd>
            <Exact amount={total.charge} currency={currency} />
          </dd>
        </div>
      </dl>
      <Button icon={<DownloadOutlined />} onClick={download}>
        {t('requests:receipt.download')}
      </Button>
    </div>
  )
}

const isUnused = ({ usage, charge, kind }: ReceiptAttempt) =>
  kind === 'usage' && Object.keys(usage).length === 0 && nanoOf(charge) === 0n

/** One line: it failed before anything was used. */
function Unused({ attempt, currency }: { attempt: ReceiptAttempt; currency: string }) {
  const { t } = useTranslation()
  return (
    <p className="unused">
      <span>
        {t('requests:receipt.unused', { attempt: attempt.attempt + 1 })}{' '}
        <span className="muted">{[attempt.provider, attempt.model].filter(Boolean).join(' · ')}</span>
      </span>
      <span className="mono">
        <Exact amount={attempt.charge} currency={currency} />
      </span>
    </p>
  )
}

function PartHead({ attempt }: { attempt: ReceiptAttempt }) {
  const { t } = useTranslation()
  return (
    <h3 className="sect">
      {t('requests:receipt.attempt', { attempt: attempt.attempt + 1 })}{' '}
      <span className="muted">{[attempt.provider, attempt.model].filter(Boolean).join(' · ')}</span>
      {attempt.kind !== 'usage' && <span className="chip">{attempt.kind}</span>}
    </h3>
  )
}

interface PartProps {
  attempt: ReceiptAttempt
  currency: string
  isMany: boolean
}

function Part({ attempt, currency, isMany }: PartProps) {
  const { t } = useTranslation()
  const { lines, charge_lines, booked_before, markup_bp, charged_by } = attempt
  const markup = charged_by === 'markup' ? (markup_bp ?? 0) / 100 : 0
  const sums: Sum[] = [
    ...(lines.length > 0 && (isMany || markup > 0)
      ? [{ text: t('requests:receipt.cost'), amount: attempt.cost }]
      : []),
    ...(booked_before ? [{ text: t('requests:receipt.booked'), amount: booked_before.charge }] : []),
    ...(markup > 0
      ? [{ text: t('requests:receipt.markup', { percent: markup }), amount: attempt.charge }]
      : []),
  ]
  return (
    <>
      {(lines.length > 0 || charge_lines.length === 0) && (
        <ReceiptLines attempt={attempt} lines={lines} sums={sums} currency={currency} />
      )}
      {charge_lines.length > 0 && (
        <>
          <h3 className="sect">{t('requests:receipt.own_price')}</h3>
          <ReceiptLines attempt={attempt} lines={charge_lines} sums={[]} currency={currency} />
        </>
      )}
      <p className="muted receipt-note">{notes(attempt, t).join(' ')}</p>
    </>
  )
}

const PAYS: Readonly<Record<ReceiptAttempt['who_pays'], string>> = {
  tenant: 'requests:pays.tenant',
  platform: 'requests:pays.platform',
  client: 'requests:pays.client',
  nobody: 'requests:pays.nobody',
}

const FLAGS: Readonly<Record<string, string>> = {
  clamped: 'requests:flag.clamped',
  inconsistent: 'requests:flag.inconsistent',
  internal: 'requests:flag.internal',
  rate_assumed: 'requests:flag.rate_assumed',
  rate_missing: 'requests:flag.rate_missing',
  truncated: 'requests:flag.truncated',
  unpriced: 'requests:flag.unpriced',
  usage_deviates: 'requests:flag.usage_deviates',
  usage_rejected: 'requests:flag.usage_rejected',
}

/** The word that filters and metrics know, and what it means. */
function named(flag: string, t: TFunction): string {
  const meaning = FLAGS[flag]
  return meaning ? `${flag} (${t(meaning)})` : flag
}

/** By which row, counted by whom, rounded how, and who pays. */
function notes(attempt: ReceiptAttempt, t: TFunction): string[] {
  const { flags, rounding, transfers, tier, variant, window } = attempt
  const price = attempt.price ?? attempt.charge_price
  const isCounted = Object.keys(attempt.usage).length > 0
  const counted =
    attempt.usage_source === 'provider' ? 'requests:receipt.counted_vendor' : 'requests:receipt.counted_here'
  return [
    price && t('requests:receipt.price', { model: price.matched_model, version: price.version }),
    !price && isCounted && attempt.charged_by === 'none' && t('requests:receipt.unpriced'),
    tier !== null && t('requests:receipt.tier', { tier }),
    window !== null && t('requests:receipt.window', { window }),
    variant && t('requests:receipt.variant', { variant }),
    isCounted && t(counted),
    attempt.certainty !== 'exact' && t('requests:receipt.certainty', { certainty: attempt.certainty }),
    rounding &&
      rounding.exact_nano !== rounding.rounded_nano &&
      t('requests:receipt.rounding', { exact: rounding.exact_nano, rounded: rounding.rounded_nano }),
    flags.length > 0 &&
      t('requests:receipt.flags', { flags: flags.map((flag) => named(flag, t)).join(', ') }),
    attempt.simulated ? t('requests:pays.simulated') : t(PAYS[attempt.who_pays]),
    transfers.length > 0 && t('requests:receipt.transfers', { count: transfers.length }),
  ].filter((text): text is string => Boolean(text))
}
