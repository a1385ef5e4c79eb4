import { useTranslation } from 'react-i18next'
import { countCells } from '../provider-state'
import type { Cell } from '../types'

const LOOK = ['down', 'degraded', 'ok'] as const

/** 60 cells of five minutes, newest right. Height says the state as well as colour. */
export function UptimeStrip({ cells, name }: { cells: readonly Cell[]; name: string }) {
  const { t } = useTranslation()
  const counts = countCells(cells)
  const label = t('providers:strip.label', { name, ...counts })
  return (
    <div className="uptime" role="img" aria-label={label} title={label}>
      {cells.map((cell, place) => (
        <i key={place} className={`u-${cell === null ? 'none' : (LOOK[cell] ?? 'none')}`} />
      ))}
    </div>
  )
}
