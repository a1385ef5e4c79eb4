import { Radio } from 'antd'
import { useTranslation } from 'react-i18next'

export const HOUR_S = 3600

const OVERLAPS = [
  { seconds: 0, text: 'keys:rotate.none' },
  { seconds: HOUR_S, text: 'keys:rotate.hour' },
  { seconds: 86_400, text: 'keys:rotate.day' },
] as const

interface Props {
  label: string
  value: number
  onChange: (seconds: number) => void
}

/** How long what a new secret replaces works on. */
export function OverlapChoice({ label, value, onChange }: Props) {
  const { t } = useTranslation()
  return (
    <Radio.Group
      className="choices"
      aria-label={label}
      value={value}
      onChange={(event) => onChange(event.target.value as number)}
      options={OVERLAPS.map(({ seconds, text }) => ({ value: seconds, label: t(text) }))}
    />
  )
}
