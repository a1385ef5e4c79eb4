import { useState, type KeyboardEvent } from 'react'
import { useTranslation } from 'react-i18next'
import { wholeNumber } from '../../../i18n/format'
import { moneyExact, moneyTick } from '../../../i18n/money'
import { dayText, longDayText } from '../../../i18n/zone-day'
import { useZone } from '../../../ui/use-zone'
import { heightOf, ticksFor } from '../numbers'
import type { DayCost } from '../types'

interface Props {
  days: DayCost[]
  currency: string
  /** The day that still runs: hatched. */
  running: string | null
  label: string
  /** Opens what is behind a bar. */
  open?: ((day: string) => void) | undefined
}

const LABELS = 5

/** One bar per local day. Hovering or the arrow keys show the exact amount; Enter opens the day. */
export function DayBars({ days, currency, running, label, open }: Props) {
  const { t } = useTranslation()
  const { language } = useZone()
  const [chosen, setChosen] = useState<number | null>(null)
  const [at, setAt] = useState(days.length - 1)
  const ticks = ticksFor(days.map(({ cost }) => cost))
  const top = ticks.at(-1) ?? 1n
  const place = Math.min(at, days.length - 1)
  const exact = (cost: string | null) =>
    cost === null ? t('cost:unpriced.word') : moneyExact(cost, currency)
  const words = (day: DayCost) =>
    t('cost:trend.day_words', {
      day: longDayText(day.day, language),
      cost: exact(day.cost),
      requests: wholeNumber(day.requests, language),
    })
  const move = (next: number) => {
    const kept = Math.max(0, Math.min(days.length - 1, next))
    setAt(kept)
    setChosen(kept)
  }
  const press = (event: KeyboardEvent) => {
    const steps: Record<string, number> = {
      ArrowLeft: place - 1,
      ArrowDown: place - 1,
      ArrowRight: place + 1,
      ArrowUp: place + 1,
      Home: 0,
      End: days.length - 1,
    }
    const next = steps[event.key]
    const day = days[place]
    if (next !== undefined) move(next)
    else if (event.key === 'Enter' && day && open) open(day.day)
    else if (event.key === 'Escape') setChosen(null)
    else return
    event.preventDefault()
  }
  const shown = chosen === null ? undefined : days[chosen]
  const step = Math.max(1, Math.floor((days.length - 1) / (LABELS - 1)))
  const texts = ticks.map((tick) => moneyTick(tick, currency))
  const widest = texts.reduce((long, text) => (text.length > long.length ? text : long), '')
  return (
    <div className="day-bars">
      <div className="bar-ticks" aria-hidden="true">
        <i>{widest}</i>
        {ticks.map((tick, index) => (
          <span key={String(tick)} style={{ bottom: `${Number((tick * 1000n) / top) / 10}%` }}>
            {texts[index]}
          </span>
        ))}
      </div>
      <div
        className="bar-plot"
        role="slider"
        tabIndex={0}
        aria-label={label}
        aria-orientation="horizontal"
        aria-valuemin={1}
        aria-valuemax={days.length}
        aria-valuenow={place + 1}
        aria-valuetext={days[place] ? words(days[place]) : ''}
        onKeyDown={press}
        onFocus={() => setChosen(place)}
        onBlur={() => setChosen(null)}
        onMouseLeave={() => setChosen(null)}
      >
        {ticks.map((tick) => (
          <i
            key={String(tick)}
            className="bar-line"
            style={{ bottom: `${Number((tick * 1000n) / top) / 10}%` }}
          />
        ))}
        {days.map((day, index) => (
          // The slider around it is what keyboard and screen reader use; this is for the mouse.
          // eslint-disable-next-line jsx-a11y/click-events-have-key-events, jsx-a11y/no-static-element-interactions
          <div
            key={day.day}
            className={barClass(index === chosen, open !== undefined)}
            onMouseEnter={() => setChosen(index)}
            onClick={() => open?.(day.day)}
          >
            <i
              className={day.day === running ? 'bar running' : 'bar'}
              style={{ height: `${heightOf(day.cost, top) * 100}%` }}
            />
            {(days.length - 1 - index) % step === 0 && (
              <span className={dayClass((days.length - 1 - index) / step)}>{dayText(day.day, language)}</span>
            )}
          </div>
        ))}
        {shown && chosen !== null && (
          <div
            className={chosen > days.length / 2 ? 'bar-tip from-right' : 'bar-tip'}
            style={
              chosen > days.length / 2
                ? { right: `${100 - (chosen / days.length) * 100}%` }
                : { left: `${((chosen + 1) / days.length) * 100}%` }
            }
          >
            <span className="muted">{longDayText(shown.day, language)}</span>
            <b>{exact(shown.cost)}</b>
            <span>
              {t('cost:trend.requests', {
                count: shown.requests,
                number: wholeNumber(shown.requests, language),
              })}
            </span>
            {shown.unpriced > 0 && <span>{t('cost:unpriced.of_day', { count: shown.unpriced })}</span>}
            {shown.day === running && <span className="muted">{t('cost:trend.running')}</span>}
          </div>
        )}
      </div>
    </div>
  )
}

/** Counted from the last. A phone has room for every other one. */
const dayClass = (fromLast: number) =>
  fromLast === 0 ? 'bar-day last' : fromLast % 2 === 1 ? 'bar-day between' : 'bar-day'

function barClass(isChosen: boolean, isLink: boolean): string {
  return ['bar-day-box', isChosen ? 'chosen' : '', isLink ? 'link' : ''].filter(Boolean).join(' ')
}
