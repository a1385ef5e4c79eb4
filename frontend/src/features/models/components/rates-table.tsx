import { useTranslation } from 'react-i18next'
import { useZone } from '../../../ui/use-zone'
import type { Price, Rates } from '../types'
import { className, daysText, inOrder } from '../words'
import { Rate } from './rate'

interface Column {
  key: string
  title: string
  rates: Rates
}

/** Every class with its rate; tiers, variants and hours stand beside it as columns of their own. */
export function RatesTable({ price }: { price: Price }) {
  const { t } = useTranslation()
  const { language } = useZone()
  const columns: Column[] = [
    { key: 'base', title: t('models:rates.base'), rates: price.rates },
    ...price.tiers.map(({ above_input_tokens: above, rates }) => ({
      key: `tier-${above}`,
      title: t('models:rates.above', { count: above, number: new Intl.NumberFormat('en').format(above) }),
      rates,
    })),
    ...Object.entries(price.variants).map(([name, rates]) => ({
      key: `variant-${name}`,
      title: name,
      rates,
    })),
    ...price.time_windows.map(({ since, till, tz, days, rates }) => ({
      key: `window-${since}-${(days ?? []).join('')}`,
      title: [daysText(days, language) ?? t('models:rates.daily'), `${since}–${till}`, tz].join(' '),
      rates,
    })),
  ]
  const classes = inOrder(columns.flatMap(({ rates }) => Object.keys(rates)))
  const calls = Object.entries(price.per_call)
  return (
    <>
      {classes.length > 0 && (
        // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- what scrolls must be reachable by keyboard
        <div className="diff-scroll" role="region" aria-label={t('models:rates.title')} tabIndex={0}>
          <table className="lines rates">
            <thead>
              <tr>
                <th scope="col">{t('models:rates.class')}</th>
                {columns.map(({ key, title }) => (
                  <th key={key} scope="col" className="num">
                    {title}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {classes.map((name) => (
                <tr key={name}>
                  <th scope="row" title={name}>
                    {className(name, t)}
                  </th>
                  {columns.map(({ key, rates }) => (
                    <td key={key} className="num">
                      <Rate rate={rates[name]} />
                    </td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
      {calls.length > 0 && (
        <dl className="fact-list">
          {calls.map(([name, rate]) => (
            <div key={name}>
              <dt>{className(name, t)}</dt>
              <dd>{t('models:rates.each', { rate })}</dd>
            </div>
          ))}
        </dl>
      )}
    </>
  )
}
