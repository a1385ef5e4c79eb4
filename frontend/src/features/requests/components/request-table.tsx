// A real table of which only the rows in sight are drawn: rows of one height, room for the others above and below.
// antd's virtual table draws `div`s without roles, so that a screen reader meets no row.
import { memo, useEffect, useMemo, useRef, useState, type ReactNode, type RefObject } from 'react'
import { useTranslation } from 'react-i18next'
import { useMe } from '../../../api/session'
import { useDensity } from '../../../ui/theme-choice'
import { useZone } from '../../../ui/use-zone'
import type { CellView, Column } from '../columns'
import type { RequestRow } from '../types'
import { RowActions, type RowTools } from './row-actions'

const ROW_PX = { compact: 32, comfortable: 40 } as const
const ACTIONS_PX = 40
const SPARE_ROWS = 8
const VIEWPORT_PX = 900
const AT_TOP_PX = 4
const MINUTE_MS = 60_000
/** So many rows before the end, the next page is fetched. */
const AHEAD_ROWS = 30

interface Props {
  rows: readonly RequestRow[]
  columns: readonly Column[]
  /** Null: nobody knows how many there are in all. */
  total: number | null
  selected: string | null
  scroller: RefObject<HTMLDivElement | null>
  headAction: ReactNode
  /** Of one identity for the life of the page: rows are drawn anew only when they change. */
  tools: RowTools
  onOpen: (row: RequestRow) => void
  onScrolled: (state: { isAtTop: boolean }) => void
  onNearEnd: () => void
}

interface Sight {
  first: number
  count: number
}

export function RequestTable(props: Props) {
  const { rows, columns, total, selected, scroller, headAction, tools, onOpen, onScrolled, onNearEnd } = props
  const view = useCellView()
  const { t } = view
  const height = ROW_PX[useDensity()]
  const [sight, setSight] = useState<Sight>({ first: 0, count: Math.ceil(VIEWPORT_PX / height) })
  const look = () => {
    const box = scroller.current
    if (!box) return
    const count = Math.ceil((box.clientHeight || VIEWPORT_PX) / height)
    const first = Math.floor(box.scrollTop / height)
    if (first !== sight.first || count !== sight.count) setSight({ first, count })
    onScrolled({ isAtTop: box.scrollTop < AT_TOP_PX })
    if (first + count + AHEAD_ROWS > rows.length) onNearEnd()
  }
  useSelectedInSight({ rows, selected, scroller, height })
  const from = Math.max(0, Math.min(sight.first, rows.length - sight.count) - SPARE_ROWS)
  const to = Math.min(rows.length, from + sight.count + 2 * SPARE_ROWS)
  const width = columns.reduce((sum, column) => sum + column.width, ACTIONS_PX)
  return (
    <div
      ref={scroller}
      className="req-scroll"
      role="region"
      aria-label={t('requests:title')}
      // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- what scrolls must be reachable by keyboard
      tabIndex={0}
      onScroll={look}
    >
      <table
        className="req-table"
        style={{ minWidth: width }}
        aria-label={t('requests:title')}
        // Its head is a row too.
        aria-rowcount={total === null ? -1 : total + 1}
      >
        <colgroup>
          {columns.map((column) => (
            <col key={column.id} style={{ width: column.width }} />
          ))}
          <col style={{ width: ACTIONS_PX }} />
        </colgroup>
        <thead>
          <tr aria-rowindex={1}>
            {columns.map((column) => (
              <th key={column.id} scope="col" className={column.isNumber ? 'num' : undefined}>
                {t(column.text)}
              </th>
            ))}
            <th className="do">{headAction}</th>
          </tr>
        </thead>
        <tbody style={{ '--row': `${height}px` } as React.CSSProperties}>
          <Room rows={from} height={height} columns={columns.length + 1} />
          {rows.slice(from, to).map((row, index) => (
            <Row
              key={row.id}
              row={row}
              index={from + index}
              columns={columns}
              isSelected={row.id === selected}
              view={view}
              tools={tools}
              onOpen={onOpen}
            />
          ))}
          <Room rows={rows.length - to} height={height} columns={columns.length + 1} />
        </tbody>
      </table>
    </div>
  )
}

function Room({ rows, height, columns }: { rows: number; height: number; columns: number }) {
  if (rows <= 0) return null
  return (
    <tr aria-hidden="true" className="room">
      <td colSpan={columns} style={{ height: rows * height }} />
    </tr>
  )
}

/** What all cells need, of one identity until the language or the minute changes. */
function useCellView(): CellView {
  const { t } = useTranslation()
  const { tz, language } = useZone()
  const currency = useMe().currency ?? 'USD'
  const [now, setNow] = useState(() => new Date())
  useEffect(() => {
    const timer = window.setInterval(() => setNow(new Date()), MINUTE_MS)
    return () => window.clearInterval(timer)
  }, [])
  return useMemo(() => ({ t, zone: { tz, language }, currency, now }), [t, tz, language, currency, now])
}

interface RowProps extends Pick<Props, 'columns' | 'tools' | 'onOpen'> {
  row: RequestRow
  index: number
  isSelected: boolean
  view: CellView
}

const Row = memo(function Row({ row, index, columns, isSelected, view, tools, onOpen }: RowProps) {
  const { t } = view
  return (
    // The keyboard has j, k and Enter for the row, and the button of its first cell.
    <tr
      aria-rowindex={index + 2}
      aria-current={isSelected ? 'true' : undefined}
      data-id={row.id}
      className={isSelected ? 'selected' : undefined}
      onClick={() => onOpen(row)}
    >
      {columns.map((column, place) => (
        <td key={column.id} className={column.isNumber ? 'num' : undefined}>
          {place === 0 ? (
            <button
              type="button"
              className="row-open"
              title={t('requests:open_row', { id: row.id })}
              onClick={(event) => {
                event.stopPropagation()
                onOpen(row)
              }}
            >
              {column.cell(row, view)}
            </button>
          ) : (
            column.cell(row, view)
          )}
        </td>
      ))}
      <td className="do">
        <RowActions row={row} label={t('requests:action.label', { id: row.id })} tools={tools} />
      </td>
    </tr>
  )
})

interface Selection extends Pick<Props, 'rows' | 'selected' | 'scroller'> {
  height: number
}

/** `j` and `k` move what is in sight along. */
function useSelectedInSight({ rows, selected, scroller, height }: Selection): void {
  const moved = useRef<string | null>(null)
  useEffect(() => {
    const box = scroller.current
    if (!box || selected === null || moved.current === selected) return
    moved.current = selected
    const index = rows.findIndex(({ id }) => id === selected)
    if (index < 0) return
    const top = index * height
    const room = box.clientHeight - 2 * height
    if (top < box.scrollTop) box.scrollTo({ top })
    else if (top > box.scrollTop + room) box.scrollTo({ top: top - room })
  }, [rows, selected, scroller, height])
}
