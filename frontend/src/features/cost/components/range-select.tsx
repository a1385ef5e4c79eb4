import { Input, Select } from 'antd'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { useMe } from '../../../api/session'
import { dayText, localDay } from '../../../i18n/zone-day'
import { useZone } from '../../../ui/use-zone'
import { daysStretch, RANGES, type Range, type Stretch, USUAL } from '../filters'

interface Props {
  stretch: Stretch
  set: (changes: { range: string | undefined; from: string | undefined; to: string | undefined }) => void
}

const TEXTS: Record<Range, string> = {
  '24h': 'cost:range.day',
  '7d': 'cost:range.week',
  '30d': 'cost:range.thirty',
  this_month: 'cost:range.this_month',
  last_month: 'cost:range.last_month',
}
const CUSTOM = 'custom'

/** A named range, or first and last day in the reporting zone. */
export function RangeSelect({ stretch, set }: Props) {
  const { t } = useTranslation()
  const { language } = useZone()
  const tz = useMe().reporting_tz ?? 'UTC'
  const [isChoosing, setChoosing] = useState(false)
  const isCustom = 'from' in stretch
  const first = isCustom ? localDay(stretch.from, tz) : ''
  const last = isCustom ? localDay(new Date(Date.parse(stretch.to) - 1).toISOString(), tz) : ''
  const [draft, setDraft] = useState({ first, last })
  const choose = (value: string) => {
    setChoosing(value === CUSTOM)
    if (value !== CUSTOM) set({ range: value === USUAL ? undefined : value, from: undefined, to: undefined })
  }
  const change = (next: { first: string; last: string }) => {
    setDraft(next)
    if (next.first === '' || next.last === '' || next.first > next.last) return
    set({ range: undefined, ...daysStretch(next.first, next.last, tz) })
  }
  const customText = isCustom
    ? `${dayText(first, language)} – ${dayText(last, language)}`
    : t('cost:range.custom')
  const options = [
    ...RANGES.map((value) => ({ value, label: t(TEXTS[value]) })),
    { value: CUSTOM, label: customText },
  ]
  return (
    <>
      <Select
        className="filter-select range-select"
        aria-label={t('cost:range.label')}
        value={isCustom || isChoosing ? CUSTOM : stretch.range}
        options={options}
        onChange={choose}
      />
      {(isCustom || isChoosing) && (
        <span className="range-days">
          <Input
            type="date"
            aria-label={t('cost:range.first')}
            value={draft.first}
            onChange={(event) => change({ ...draft, first: event.target.value })}
          />
          <Input
            type="date"
            aria-label={t('cost:range.last')}
            value={draft.last}
            onChange={(event) => change({ ...draft, last: event.target.value })}
          />
        </span>
      )}
    </>
  )
}
