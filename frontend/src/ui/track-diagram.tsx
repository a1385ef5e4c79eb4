import { useTranslation } from 'react-i18next'

interface Target {
  y: number
  name: string
  cost: string
}

const TAKEN: Target = { y: 104, name: 'claude-sonnet-4.6', cost: '$0.042009600' }
const OTHERS: readonly Target[] = [
  { y: 40, name: 'gpt-5.2-mini', cost: '$0.004464' },
  { y: 168, name: 'gemini-3-flash', cost: '$0.005485' },
  { y: 232, name: 'qwen3-max', cost: '$0.016804' },
]

function Label({ target, className }: { target: Target; className?: string }) {
  return (
    <g className={className}>
      <text x="276" y={target.y - 10}>
        {target.name}
      </text>
      <text x="520" y={target.y - 10} textAnchor="end">
        {target.cost}
      </text>
    </g>
  )
}

/** The yard: one request, the track it takes, what it cost. */
export function TrackDiagram() {
  const { t } = useTranslation()
  return (
    <svg className="yard" viewBox="0 0 520 272" role="img" aria-label={t('auth:yard.label')}>
      {OTHERS.map(({ y, name }) => (
        <path key={name} d={`M144 136C206 136 206 ${y} 268 ${y}H520`} />
      ))}
      <path className="lit" d="M0 136H144C206 136 206 104 268 104H520" />
      <circle cx="144" cy="136" r="6" />
      <text x="0" y="122">
        {'POST /v1/messages'}
      </text>
      <text x="0" y="160">
        {'model smart'}
      </text>
      {OTHERS.map((target) => (
        <Label key={target.name} target={target} />
      ))}
      <Label target={TAKEN} className="taken" />
    </svg>
  )
}
