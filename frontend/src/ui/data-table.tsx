import { Button, Table, type TableColumnsType } from 'antd'
import type { Key, ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { useIsMobile } from './use-media'

interface Selection {
  keys: Key[]
  onChange: (keys: Key[]) => void
}

interface More {
  hasNextPage: boolean
  isFetchingNextPage: boolean
  fetchNextPage: () => unknown
}

interface Props<Row> {
  label: string
  rows: Row[]
  rowKey: (row: Row) => string
  columns: TableColumnsType<Row>
  /** What a phone shows instead of the row. */
  card: (row: Row) => ReactNode
  selection?: Selection
  more?: More
  footer?: ReactNode
  rowClassName?: (row: Row) => string
  /** Sentences in cells: they wrap, the table keeps to its card. */
  isProse?: boolean
  /** A head was chosen to sort by; columns name themselves by `key`. */
  onSort?: (key: string, order: { isDescending: boolean }) => void
}

const VIRTUAL_FROM_ROWS = 200
const VIEWPORT_PX = 900

/** Rows of one height on a desk, cards on a phone; further pages on demand. */
export function DataTable<Row extends object>(props: Props<Row>) {
  const isMobile = useIsMobile()
  return (
    <>
      {isMobile ? <Cards {...props} /> : <Desk {...props} />}
      <Foot {...props} />
    </>
  )
}

function Desk<Row extends object>(props: Props<Row>) {
  if (props.isProse) return <Rows {...props} />
  return (
    // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- what scrolls must be reachable by keyboard
    <div className="table-scroll" role="region" aria-label={props.label} tabIndex={0}>
      <Rows {...props} />
    </div>
  )
}

function Cards<Row extends object>({ label, rows, rowKey, card }: Props<Row>) {
  return (
    <ul className="row-cards" aria-label={label}>
      {rows.map((row) => (
        <li key={rowKey(row)} className="row-card">
          {card(row)}
        </li>
      ))}
    </ul>
  )
}

function Rows<Row extends object>(props: Props<Row>) {
  const { label, rows, rowKey, columns, selection, rowClassName, onSort } = props
  const isLong = rows.length > VIRTUAL_FROM_ROWS
  return (
    <Table<Row>
      size="small"
      aria-label={label}
      rowKey={rowKey}
      columns={columns}
      dataSource={rows}
      pagination={false}
      virtual={isLong}
      {...(onSort
        ? {
            sortDirections: ['ascend', 'descend', 'ascend'],
            onChange: (_, __, sorter) => {
              if (!Array.isArray(sorter))
                onSort(String(sorter.columnKey), { isDescending: sorter.order === 'descend' })
            },
          }
        : {})}
      // The card scrolls a wide table: antd's own way duplicates the head, controls included, for measuring.
      {...(isLong ? { scroll: { x: 'max-content', y: VIEWPORT_PX } } : {})}
      {...(rowClassName ? { rowClassName } : {})}
      {...(selection
        ? { rowSelection: { selectedRowKeys: selection.keys, onChange: selection.onChange, columnWidth: 44 } }
        : {})}
    />
  )
}

function Foot<Row extends object>({ more, footer }: Props<Row>) {
  const { t } = useTranslation()
  if (!more?.hasNextPage && footer === undefined) return null
  return (
    <div className="table-foot">
      {footer}
      <span className="grow" />
      {more?.hasNextPage && (
        <Button size="small" loading={more.isFetchingNextPage} onClick={() => void more.fetchNextPage()}>
          {t('common:show_more')}
        </Button>
      )}
    </div>
  )
}
