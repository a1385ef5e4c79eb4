import { useEffect, useRef, useState, type KeyboardEvent, type PointerEvent } from 'react'
import { useTranslation } from 'react-i18next'
import { wholeNumber } from '../../../i18n/format'
import { useZone } from '../../../ui/use-zone'
import { axisText, SERIES, SERIES_TEXTS, ticks, type Bucket } from '../histogram'

const HEIGHT_PX = 104
const TOP_PX = 8
const AXIS_PX = 24
const LEFT_PX = 40
const RIGHT_PX = 8
const LABEL_PX = 48
const MOST_LABELS = 8
const MAX_BAR_PX = 40
const PLOT_PX = HEIGHT_PX - TOP_PX - AXIS_PX

interface Props {
  buckets: readonly Bucket[]
  onZoom: (range: { from: string; to: string }) => void
}

interface Brush {
  anchor: number
  end: number
}

/** Stacked bars; dragging over some of them zooms into their time, and so do the arrow keys with Enter. */
export function HistogramChart({ buckets, onZoom }: Props) {
  const { t } = useTranslation()
  const zone = useZone()
  const box = useRef<HTMLDivElement>(null)
  const width = useWidth(box)
  const [at, setAt] = useState<number | null>(null)
  const [brush, setBrush] = useState<Brush | null>(null)
  const last = buckets.length - 1
  const scale = ticks(Math.max(1, ...buckets.map(({ total }) => total)))
  const top = scale.at(-1) ?? 1
  const step = (width - LEFT_PX - RIGHT_PX) / Math.max(1, buckets.length)
  const bar = Math.min(MAX_BAR_PX, Math.max(1, step * 0.84))
  const x = (index: number) => LEFT_PX + index * step + (step - bar) / 2
  const y = (count: number) => TOP_PX + PLOT_PX - (count / top) * PLOT_PX
  const spanMs = Date.parse(buckets[last]?.to ?? '') - Date.parse(buckets[0]?.from ?? '')
  const every = Math.max(1, Math.ceil(Math.max(LABEL_PX, (width - LEFT_PX) / MOST_LABELS) / step))

  const under = (event: PointerEvent) => {
    const left = event.clientX - event.currentTarget.getBoundingClientRect().left - LEFT_PX
    return Math.max(0, Math.min(last, Math.floor(left / step)))
  }
  const zoom = ({ anchor, end }: Brush) => {
    const [from, to] = [buckets[Math.min(anchor, end)]?.from, buckets[Math.max(anchor, end)]?.to]
    if (from && to) onZoom({ from, to })
  }
  const pressed = (event: KeyboardEvent) => {
    const now = at ?? last
    const steps: Record<string, number> = { ArrowLeft: now - 1, ArrowRight: now + 1, Home: 0, End: last }
    const next = steps[event.key]
    if (next !== undefined) {
      event.preventDefault()
      const place = Math.max(0, Math.min(last, next))
      setBrush(event.shiftKey ? { anchor: brush?.anchor ?? now, end: place } : null)
      setAt(place)
    } else if (event.key === 'Enter' && at !== null) {
      event.stopPropagation()
      zoom(brush ?? { anchor: at, end: at })
    }
  }
  const shown = at === null ? null : (buckets[at] ?? null)
  const words = (bucket: Bucket) =>
    [
      axisText(bucket.from, 0, zone),
      ...SERIES.map((name) => `${t(SERIES_TEXTS[name])} ${wholeNumber(bucket.counts[name], zone.language)}`),
    ].join(' · ')

  return (
    <div
      ref={box}
      className="histo-plot"
      role="slider"
      tabIndex={0}
      aria-label={t('requests:histogram.label')}
      aria-valuemin={0}
      aria-valuemax={Math.max(0, last)}
      aria-valuenow={at ?? Math.max(0, last)}
      aria-valuetext={shown ? words(shown) : t('requests:histogram.hint')}
      onKeyDown={pressed}
      onBlur={() => setAt(null)}
      onPointerDown={(event) => {
        if (event.button === 0) setBrush({ anchor: under(event), end: under(event) })
      }}
      onPointerMove={(event) => {
        const place = under(event)
        setAt(place)
        if (brush && event.buttons === 1) setBrush({ anchor: brush.anchor, end: place })
      }}
      onPointerUp={() => {
        if (brush && brush.anchor !== brush.end) zoom(brush)
        setBrush(null)
      }}
      onPointerLeave={() => {
        setAt(null)
        setBrush(null)
      }}
    >
      <svg width={width} height={HEIGHT_PX} aria-hidden="true">
        <defs>
          <pattern
            id="running"
            width="4"
            height="4"
            patternUnits="userSpaceOnUse"
            patternTransform="rotate(45)"
          >
            <path d="M1 0V4" stroke="var(--tr-ok)" strokeWidth="2" />
          </pattern>
        </defs>
        {scale.map((count) => (
          <g key={count}>
            <path d={`M${LEFT_PX} ${y(count) + 0.5}H${width - RIGHT_PX}`} stroke="var(--line)" />
            <text x={LEFT_PX - 8} y={y(count) + 4} textAnchor="end">
              {count >= 1000 ? `${count / 1000}K` : count}
            </text>
          </g>
        ))}
        {buckets.map((bucket, index) => (
          <Bar key={bucket.from} bucket={bucket} x={x(index)} width={bar} y={y} />
        ))}
        {buckets.map(
          (bucket, index) =>
            index % every === 0 &&
            x(index) + LABEL_PX < width && (
              <text key={bucket.from} x={x(index)} y={HEIGHT_PX - 4}>
                {axisText(bucket.from, spanMs, zone)}
              </text>
            ),
        )}
        {brush && brush.anchor !== brush.end && (
          <rect
            className="brush"
            x={LEFT_PX + Math.min(brush.anchor, brush.end) * step}
            y={TOP_PX}
            width={(Math.abs(brush.end - brush.anchor) + 1) * step}
            height={PLOT_PX}
          />
        )}
      </svg>
      {shown && (
        <div
          className="histo-tip"
          style={at !== null && at > last / 2 ? { right: width - x(at) } : { left: x(at ?? 0) + bar }}
        >
          {words(shown)}
        </div>
      )}
    </div>
  )
}

interface BarProps {
  bucket: Bucket
  x: number
  width: number
  y: (count: number) => number
}

function Bar({ bucket, x, width, y }: BarProps) {
  const below = (place: number) => SERIES.slice(0, place).reduce((sum, name) => sum + bucket.counts[name], 0)
  return (
    <g>
      {SERIES.map((name, place) => {
        if (bucket.counts[name] === 0) return null
        const foot = y(below(place))
        // What is one in a thousand is still seen.
        const height = Math.max(1, foot - y(below(place + 1)))
        const fill = name === 'ok' && bucket.isRunning ? 'url(#running)' : `var(--tr-${name})`
        return <rect key={name} x={x} y={foot - height} width={width} height={height} fill={fill} />
      })}
    </g>
  )
}

const UNMEASURED_PX = 960

function useWidth(box: React.RefObject<HTMLDivElement | null>): number {
  const [width, setWidth] = useState(UNMEASURED_PX)
  useEffect(() => {
    const element = box.current
    if (!element) return
    const measure = () => setWidth(element.clientWidth || UNMEASURED_PX)
    const observer = new ResizeObserver(measure)
    observer.observe(element)
    measure()
    return () => observer.disconnect()
  }, [box])
  return width
}
