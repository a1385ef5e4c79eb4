import { nanoOf } from '../../../i18n/money'

const WIDTH = 96
const HEIGHT = 20

/** The course of an amount; a picture beside the number, so it has no words. */
export function Sparkline({ points }: { points: readonly string[] }) {
  if (points.length < 2) return null
  const nano = points.map((point) => nanoOf(point) ?? 0n)
  const most = nano.reduce((top, value) => (value > top ? value : top), 1n)
  const places = nano.map((value, index) => {
    const x = 2 + (index / (nano.length - 1)) * (WIDTH - 6)
    const y = HEIGHT - 3 - (Number((value * 1000n) / most) / 1000) * (HEIGHT - 6)
    return { x: x.toFixed(1), y: y.toFixed(1) }
  })
  const last = places.at(-1)
  return (
    <svg
      className="spark"
      width={WIDTH}
      height={HEIGHT}
      viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
      aria-hidden="true"
    >
      <path d={`M0 ${HEIGHT - 0.5}H${WIDTH}`} stroke="var(--line)" />
      <path
        d={`M${places.map(({ x, y }) => `${x} ${y}`).join('L')}`}
        fill="none"
        stroke="var(--brand)"
        strokeWidth="1.5"
        strokeLinejoin="round"
      />
      {last && <circle cx={last.x} cy={last.y} r="2" fill="var(--brand)" />}
    </svg>
  )
}
