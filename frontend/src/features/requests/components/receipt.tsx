import { DownloadOutlined } from '@ant-design/icons'
import { useQuery } from '@tanstack/react-query'
import { Button } from 'antd'
import { useTranslation } from 'react-i18next'
import { isProblem } from '../../../api/problem'
import { useTenantSlug } from '../../../api/session'
import { wholeNumber } from '../../../i18n/format'
import { moneyExact } from '../../../i18n/money'
import { saveFile } from '../../../ui/csv'
import { Loading } from '../../../ui/loading'
import { ProblemView } from '../../../ui/problem'
import { useZone } from '../../../ui/use-zone'
import { receiptQuery } from '../queries'
import type { Receipt, ReceiptAttempt, ReceiptLine } from '../types'

const CLASSES: Readonly<Record<string, string>> = {
  in_fresh: 'requests:class.in_fresh',
  in_cache_read: 'requests:class.in_cache_read',
  in_cache_write_5m: 'requests:class.in_cache_write_5m',
  in_cache_write_30m: 'requests:class.in_cache_write_30m',
  in_cache_write_1h: 'requests:class.in_cache_write_1h',
  in_cache_write_12h: 'requests:class.in_cache_write_12h',
  in_audio: 'requests:class.in_audio',
  in_image: 'requests:class.in_image',
  in_video: 'requests:class.in_video',
  out_text: 'requests:class.out_text',
  out_reasoning: 'requests:class.out_reasoning',
  out_audio: 'requests:class.out_audio',
  out_image: 'requests:class.out_image',
  web_search_calls: 'requests:class.web_search_calls',
  images: 'requests:class.images',
  seconds: 'requests:class.seconds',
}

/** What was counted, by which price row, and how it adds up to the last digit. */
export function ReceiptTab({ id }: { id: string }) {
  const { t } = useTranslation()
  const tenant = useTenantSlug()
  const { data, isPending, error, refetch } = useQuery(receiptQuery(tenant, id))
  if (isPending) return <Loading rows={4} />
  if (isProblem(error) && error.status === 404 && !data)
    return <p className="muted">{t('requests:receipt.not_yet')}</p>
  if (!data)
    return <ProblemView error={error} title={t('requests:receipt.unread')} onRetry={() => void refetch()} />
  return <ReceiptSheet receipt={data} />
}

export function ReceiptSheet({ receipt }: { receipt: Receipt }) {
  const { t } = useTranslation()
  const { attempts, total, currency } = receipt
  const isMany = attempts.length > 1
  const download = () =>
    saveFile(
      new Blob([JSON.stringify(receipt, null, 2)], { type: 'application/json' }),
      `receipt-${receipt.request_id}.json`,
    )
  return (
    <div className="receipt">
      {attempts.map((attempt) => (
        <AttemptLines
          key={`${attempt.attempt} ${attempt.kind}`}
          attempt={attempt}
          currency={currency}
          isMany={isMany}
        />
      ))}
      <dl className="receipt-total">
        {total.cost !== undefined && total.cost !== total.charge && (
          <div>
            <dt>{t('requests:receipt.cost')}</dt>
            <dd>
              <Exact amount={total.cost} currency={currency} />
            </dd>
          </div>
        )}
        <div className="sum">
          <dt>{t('requests:receipt.charged')}</dt>
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

interface LinesProps {
  attempt: ReceiptAttempt
  currency: string
  isMany: boolean
}

function AttemptLines({ attempt, currency, isMany }: LinesProps) {
  const { t } = useTranslation()
  const { language } = useZone()
  const lines = attempt.lines ?? attempt.charge_lines
  const rest = Object.entries(attempt.usage).filter(([name]) => !lines?.some((line) => line.class === name))
  return (
    <section className="receipt-part">
      {isMany && (
        <h3 className="sect">
          {t('requests:receipt.attempt', { attempt: attempt.attempt })}{' '}
          <span className="muted">{[attempt.provider, attempt.model].filter(Boolean).join(' · ')}</span>
          {attempt.kind !== 'usage' && <span className="chip">{attempt.kind}</span>}
        </h3>
      )}
      <table className="lines">
        <thead>
          <tr>
            <th>{t('requests:receipt.class')}</th>
            <th className="num">{t('requests:receipt.units')}</th>
            <th className="num">{t('requests:receipt.rate')}</th>
            <th className="num">{t('requests:receipt.amount', { currency })}</th>
          </tr>
        </thead>
        <tbody>
          {lines?.map((line) => (
            <tr key={line.class}>
              <td>{className(line.class, t)}</td>
              <td className="num">{wholeNumber(line.units, language)}</td>
              <td className="num">
                <Rate line={line} currency={currency} />
              </td>
              <td className="num mono" title={t('requests:receipt.nano', { nano: line.nano })}>
                <Exact amount={line.usd} currency={currency} />
              </td>
            </tr>
          ))}
          {rest.map(([name, units]) => (
            <tr key={name}>
              <td>{className(name, t)}</td>
              <td className="num">{wholeNumber(units, language)}</td>
              <td className="num muted">{'—'}</td>
              <td className="num muted">{'—'}</td>
            </tr>
          ))}
          {!lines?.length && rest.length === 0 && (
            <tr>
              <td colSpan={4} className="muted">
                {t('requests:receipt.no_usage')}
              </td>
            </tr>
          )}
        </tbody>
        {isMany && (
          <tfoot>
            <tr>
              <td colSpan={3}>{t('requests:receipt.subtotal')}</td>
              <td className="num mono">
                <Exact amount={attempt.charge} currency={currency} />
              </td>
            </tr>
          </tfoot>
        )}
      </table>
      <Facts attempt={attempt} />
    </section>
  )
}

function className(name: string, t: (key: string) => string): string {
  const text = CLASSES[name]
  return text ? t(text) : name
}

function Rate({ line, currency }: { line: ReceiptLine; currency: string }) {
  const { t } = useTranslation()
  const price = rateText(line.rate, currency)
  const text =
    line.per === 'million'
      ? t('requests:receipt.per_million', { price })
      : t('requests:receipt.each', { price })
  return line.multiplier === '1' ? text : `${text} × ${line.multiplier}`
}

/** Two places at least, more where the price has them: `$3.00`, `$0.075`. */
function rateText(rate: string, currency: string): string {
  const [whole = '0', fraction = ''] = rate.split('.')
  const digits = `${whole}.${fraction.replace(/0+$/, '').padEnd(2, '0')}`
  return currency === 'USD' ? `$${digits}` : `${digits} ${currency}`
}

function Exact({ amount, currency }: { amount: string | null | undefined; currency: string }) {
  const { t } = useTranslation()
  if (amount === null || amount === undefined)
    return (
      <span className="muted" title={t('common:unpriced')}>
        {'—'}
      </span>
    )
  return <>{moneyExact(amount, currency).replace(/(?<=\.\d*)(\d{3})(?=\d)/g, '$1\u00a0')}</>
}

/** By which row, counted by whom, rounded how, and who pays. */
function Facts({ attempt }: { attempt: ReceiptAttempt }) {
  const { t } = useTranslation()
  const { price, rounding, usage_source, flags, certainty, variant, transfers } = attempt
  const parts = [
    price
      ? t('requests:receipt.price', { model: price.matched_model, version: price.version })
      : attempt.lines && t('requests:receipt.unpriced'),
    t(usage_source === 'provider' ? 'requests:receipt.counted_vendor' : 'requests:receipt.counted_here'),
    certainty !== 'exact' && t('requests:receipt.certainty', { certainty }),
    variant && t('requests:receipt.variant', { variant }),
    rounding &&
      rounding.exact_nano !== rounding.rounded_nano &&
      t('requests:receipt.rounding', { exact: rounding.exact_nano, rounded: rounding.rounded_nano }),
    flags.length > 0 && t('requests:receipt.flags', { flags: flags.join(', ') }),
    attempt.who_pays && t('requests:receipt.pays', { who: attempt.who_pays }),
    transfers.length > 0 && t('requests:receipt.transfers', { count: transfers.length }),
  ]
  return <p className="muted receipt-note">{parts.filter(Boolean).join(' ')}</p>
}
