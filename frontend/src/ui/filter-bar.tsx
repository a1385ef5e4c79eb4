import { FilterOutlined, SearchOutlined } from '@ant-design/icons'
import { Button, Input } from 'antd'
import { lazy, Suspense, useEffect, useState, type ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { useIsMobile } from './use-media'

const TYPING_MS = 250
const FilterSheet = lazy(() => import('./filter-sheet'))

interface Props {
  search?: { value: string; placeholder: string; onChange: (text: string) => void }
  /** The selects; on a phone they move into a sheet. */
  children?: ReactNode
  activeCount: number
  onClear: () => void
}

/** One row above a table: search, selects, Clear. State belongs to the address, not to this bar. */
export function FilterBar({ search, children, activeCount, onClear }: Props) {
  const { t } = useTranslation()
  const isMobile = useIsMobile()
  const [isOpen, setOpen] = useState(false)
  const clear = activeCount > 0 && (
    <Button type="link" onClick={onClear}>
      {t('common:filter.clear')}
    </Button>
  )
  const box = search && <SearchBox key="search" {...search} />
  if (!isMobile) {
    return (
      <div className="filters" role="search">
        {box}
        {children}
        <span className="grow" />
        {clear}
      </div>
    )
  }
  return (
    <div className="filters" role="search">
      {box}
      {children !== undefined && (
        <Button icon={<FilterOutlined />} onClick={() => setOpen(true)}>
          {activeCount > 0 ? t('common:filter.open_count', { count: activeCount }) : t('common:filter.open')}
        </Button>
      )}
      <Suspense fallback={null}>
        {isOpen && (
          <FilterSheet clear={clear} onClose={() => setOpen(false)}>
            {children}
          </FilterSheet>
        )}
      </Suspense>
    </div>
  )
}

export function SearchBox({ value, placeholder, onChange }: NonNullable<Props['search']>) {
  const [text, setText] = useState(value)
  const [known, setKnown] = useState(value)
  if (known !== value) {
    // The address changed under us (Clear, back): it wins over what was typed.
    setKnown(value)
    setText(value)
  }
  useEffect(() => {
    if (text === value) return
    const timer = window.setTimeout(() => {
      setKnown(text)
      onChange(text)
    }, TYPING_MS)
    return () => window.clearTimeout(timer)
  }, [text, value, onChange])
  return (
    <Input
      className="search-box"
      prefix={<SearchOutlined />}
      placeholder={placeholder}
      aria-label={placeholder}
      value={text}
      allowClear
      onChange={(event) => setText(event.target.value)}
    />
  )
}
