import { ArrowDownOutlined, ArrowUpOutlined, SettingOutlined } from '@ant-design/icons'
import { Button, Checkbox, Popover } from 'antd'
import { useTranslation } from 'react-i18next'
import { COLUMNS, MAX_COLUMNS, type Column } from '../columns'
import { chooseColumns } from '../use-columns'

/** Which columns, at most fourteen, and in which order. */
export function ColumnSettings({ columns }: { columns: readonly Column[] }) {
  const { t } = useTranslation()
  return (
    <Popover trigger="click" placement="bottomRight" content={<Choice columns={columns} />}>
      <Button
        type="text"
        size="small"
        className="row-menu"
        icon={<SettingOutlined />}
        aria-label={t('requests:columns.label')}
        title={t('requests:columns.label')}
      />
    </Popover>
  )
}

function Choice({ columns }: { columns: readonly Column[] }) {
  const { t } = useTranslation()
  const ids = columns.map(({ id }) => id)
  const others = COLUMNS.filter(({ id }) => !ids.includes(id))
  const move = (from: number, by: number) => {
    const next = [...ids]
    const [taken] = next.splice(from, 1)
    if (taken !== undefined) next.splice(from + by, 0, taken)
    chooseColumns(next)
  }
  return (
    <div className="column-choice">
      <p className="muted small">{t('requests:columns.hint', { count: ids.length, most: MAX_COLUMNS })}</p>
      <ul>
        {columns.map((column, index) => {
          const name = t(column.text)
          return (
            <li key={column.id}>
              <Checkbox
                checked
                disabled={ids.length === 1}
                onChange={() => chooseColumns(ids.filter((id) => id !== column.id))}
              >
                {name}
              </Checkbox>
              <span className="grow" />
              <Button
                type="text"
                size="small"
                icon={<ArrowUpOutlined />}
                aria-label={t('requests:columns.up', { name })}
                disabled={index === 0}
                onClick={() => move(index, -1)}
              />
              <Button
                type="text"
                size="small"
                icon={<ArrowDownOutlined />}
                aria-label={t('requests:columns.down', { name })}
                disabled={index === ids.length - 1}
                onClick={() => move(index, 1)}
              />
            </li>
          )
        })}
        {others.map((column) => (
          <li key={column.id}>
            <Checkbox
              checked={false}
              disabled={ids.length >= MAX_COLUMNS}
              onChange={() => chooseColumns([...ids, column.id])}
            >
              {t(column.text)}
            </Checkbox>
          </li>
        ))}
      </ul>
      <Button size="small" onClick={() => chooseColumns(null)}>
        {t('requests:columns.reset')}
      </Button>
    </div>
  )
}
