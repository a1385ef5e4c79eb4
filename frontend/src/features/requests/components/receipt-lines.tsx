import type { TFunction } from 'i18next'
import { useTranslation } from 'react-i18next'
import { wholeNumber } from '../../../i18n/format'
import { useZone } from '../../../ui/use-zone'
import type { ReceiptAttempt, ReceiptLine } from '../types'

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

function classText(name: string, t: TFunction): string {
  const text = CLASSES[name]
  return text ? t(text) : name
}

/** What the lines add up to, and what is added to that or booked already. */
export interface Sum {
  text: string
  amount: string | null
}

interface Props {
  attempt: ReceiptAttempt
  lines: readonly ReceiptLine[]
  sums: readonly Sum[]
  currency: string
}

/** Units × price = amount, one line per class; classes nobody prices keep their count. */
export function ReceiptLines({ attempt, lines, sums, currency }: Props) {
  const { t } = useTranslation()
  const { language } = useZone()
  const rest = Object.entries(attempt.usage).filter(([name]) => !lines.some((line) => line.class === name))
  return (
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
        {lines.map((line) => (
          <tr key={line.class}>
            <td>{classText(line.class, t)}</td>
            <td className="num">{wholeNumber(line.units, language)}</td>
            <td className="num">{rateText(line, currency, t)}</td>
            <td className="num mono">
              <Exact amount={line.usd} currency={currency} />
            </td>
          </tr>
        ))}
        {rest.map(([name, units]) => (
          <tr key={name}>
            <td>{classText(name, t)}</td>
            <td className="num">{wholeNumber(units, language)}</td>
            <td className="num muted">{'—'}</td>
            <td className="num muted">{'—'}</td>
          </tr>
        ))}
        {lines.length === 0 && rest.length === 0 && (
          <tr>
            <td colSpan={4} className="muted">
              {t('requests:receipt.no_usage')}
            </td>
          </tr>
        )}
      </tbody>
      {sums.length > 0 && (
        <tfoot>
          {sums.map(({ text, amount }) => (
            <tr key={text}>
              <td colSpan={3}>{text}</td>
              <td className="num mono">
                <Exact amount={amount} currency={currency} />
              </td>
            </tr>
          ))}
        </tfoot>
      )}
    </table>
  )
}

function rateText({ rate, per, multiplier }: ReceiptLine, currency: string, t: TFunction): string {
  const [whole = '0', fraction = ''] = rate.split('.')
  // Two places at least, more where the price has them: $3.00, $0.075.
  const digits = `${whole}.${fraction.replace(/0+$/, '').padEnd(2, '0')}`
  const price = currency === 'USD' ? `$${digits}` : `${digits} ${currency}`
  const text =
    per === 'million' ? t('requests:receipt.per_million', { price }) : t('requests:receipt.each', { price })
  return multiplier === '1' ? text : `${text} × ${multiplier}`
}

const NBSP = '\u00a0'
const PLACES = 9

/** Every digit there is, nine places at least, in groups of three: `$0.042 009 600`. */
function exactText(amount: string, currency: string): string {
  const [whole = '0', fraction = ''] = amount.replace(/^-/, '').split('.')
  const grouped = whole.replace(/\B(?=(\d{3})+(?!\d))/g, ',')
  const places = fraction.padEnd(PLACES, '0').replace(/(\d{3})(?=\d)/g, `$1${NBSP}`)
  const text = currency === 'USD' ? `$${grouped}.${places}` : `${grouped}.${places} ${currency}`
  return amount.startsWith('-') ? `(${text})` : text
}

export function Exact({ amount, currency }: { amount: string | null; currency: string }) {
  const { t } = useTranslation()
  if (amount !== null) return <>{exactText(amount, currency)}</>
  return (
    <span className="muted" title={t('common:unpriced')}>
      {'—'}
    </span>
  )
}
