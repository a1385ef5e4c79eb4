import type { TFunction } from 'i18next'
import { useTranslation } from 'react-i18next'
import { spanText } from '../../../i18n/spans'
import type { RequestDetail } from '../types'
import { steps, sums, wholeMs, type Side, type Step } from '../waterfall'

const NAMES: Readonly<Record<string, string>> = {
  authenticate: 'requests:span.authenticate',
  read: 'requests:span.read',
  route: 'requests:span.route',
  attempt: 'requests:span.attempt',
  backoff: 'requests:span.backoff',
  'first token': 'requests:span.first_token',
  stream: 'requests:span.stream',
}
const SIDES: readonly [Side, string][] = [
  ['gateway', 'requests:side.gateway'],
  ['upstream', 'requests:side.upstream'],
  ['failed', 'requests:side.failed'],
  ['wait', 'requests:side.wait'],
]
const QUARTERS = [0, 0.25, 0.5, 0.75, 1]

function stepName(step: Step, t: TFunction): string {
  const text = NAMES[step.name]
  const name = text ? t(text) : step.name
  // The books count from nought, people from one.
  return step.attempt !== null && step.name === 'attempt' ? `${name} ${step.attempt + 1}` : name
}

/** Where the time went, to scale: gateway and upstream apart, waiting hatched, what failed in its colour. */
export function Waterfall({ detail }: { detail: RequestDetail }) {
  const { t } = useTranslation()
  const all = steps(detail)
  if (all.length === 0) return <p className="muted">{t('requests:waterfall.none')}</p>
  const whole = wholeMs(all, detail.latency_ms)
  const took = sums(all)
  return (
    <section aria-label={t('requests:waterfall.label')}>
      <div className="waterfall">
        <div className="wf-row wf-axis" aria-hidden="true">
          <span />
          <div>
            {QUARTERS.map((part) => (
              <em key={part} style={{ left: `${part * 100}%` }}>
                {part === 0 ? '0' : spanText(whole * part)}
              </em>
            ))}
          </div>
          <span />
        </div>
        <ol>
          {all.map((step, index) => (
            <li className="wf-row" key={`${step.name} ${index}`}>
              <span>
                {stepName(step, t)}
                {step.note && <small>{step.note}</small>}
              </span>
              <div className="wf-lane">
                <i
                  className={step.side}
                  style={{
                    left: `min(${(step.start / whole) * 100}%, calc(100% - 2px))`,
                    width: `max(2px, ${((step.end - step.start) / whole) * 100}%)`,
                  }}
                />
              </div>
              <span className="num">{spanText(step.end - step.start)}</span>
            </li>
          ))}
        </ol>
      </div>
      <ul className="wf-key">
        {SIDES.filter(([side]) => all.some((step) => step.side === side)).map(([side, text]) => (
          <li key={side}>
            <i className={side} aria-hidden="true" />
            {t(text, { span: spanText(took[side]) })}
          </li>
        ))}
      </ul>
    </section>
  )
}
