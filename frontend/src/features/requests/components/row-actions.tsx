import { MoreOutlined } from '@ant-design/icons'
import { Dropdown } from 'antd'
import { useEffect, useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { useNavigate } from 'react-router'
import { useTenantSlug } from '../../../api/session'
import { copyText } from '../../../ui/clipboard'
import { notify } from '../../../ui/notify'
import { withValues } from '../filters'
import type { RequestRow } from '../types'
import type { RequestsUrl } from '../use-requests-url'

export type RowTools = Pick<RequestsUrl, 'open' | 'setPairs'>

interface Props {
  row: RequestRow
  label: string
  tools: RowTools
}

/** A menu per row would be most of what scrolling costs: it is made when it is asked for. */
export function RowActions({ row, label, tools }: Props) {
  const [isOpen, setOpen] = useState(false)
  const button = useRef<HTMLButtonElement>(null)
  const wasOpen = useRef(false)
  useEffect(() => {
    if (wasOpen.current && !isOpen) button.current?.focus()
    wasOpen.current = isOpen
  }, [isOpen])
  const dots = (
    <button
      ref={button}
      type="button"
      className="row-menu row-dots"
      aria-label={label}
      aria-haspopup="menu"
      aria-expanded={isOpen}
      onClick={(event) => {
        event.stopPropagation()
        setOpen(!isOpen)
      }}
    >
      <MoreOutlined aria-hidden="true" />
    </button>
  )
  if (!isOpen) return dots
  return (
    <OpenMenu row={row} tools={tools} onClose={() => setOpen(false)}>
      {dots}
    </OpenMenu>
  )
}

interface MenuProps {
  row: RequestRow
  tools: RowTools
  onClose: () => void
  children: React.ReactElement
}

function OpenMenu({ row, tools, onClose, children }: MenuProps) {
  const actions = useActions(row, tools)
  return (
    <Dropdown
      open
      // eslint-disable-next-line jsx-a11y/no-autofocus -- who opened it walks it with the arrow keys
      autoFocus
      placement="bottomRight"
      trigger={['click']}
      onOpenChange={(isOpen) => !isOpen && onClose()}
      menu={{
        items: actions.map(({ key, label }) => ({ key, label })),
        onClick: ({ key, domEvent }) => {
          domEvent.stopPropagation()
          onClose()
          actions.find((action) => action.key === key)?.run()
        },
      }}
    >
      {children}
    </Dropdown>
  )
}

interface Action {
  key: string
  label: string
  run: () => void
}

function useActions(row: RequestRow, { open, setPairs }: RowTools): Action[] {
  const { t } = useTranslation()
  const go = useNavigate()
  const tenant = useTenantSlug()
  const path = `/t/${tenant}/requests/${row.id}`
  const copy = async (text: string) => {
    if (await copyText(text)) notify.done(t('common:copied'))
  }
  const only = (name: string, value: string) => setPairs((pairs) => withValues(pairs, name, [value]))
  const model = row.served_model || row.requested_model
  const key = row.key
  return [
    { key: 'open', label: t('requests:action.open'), run: () => open(row.id) },
    { key: 'page', label: t('requests:action.page'), run: () => void go(path) },
    { key: 'id', label: t('requests:action.copy_id'), run: () => void copy(row.id) },
    {
      key: 'link',
      label: t('requests:action.copy_link'),
      run: () => void copy(`${window.location.origin}${path}`),
    },
    ...(key
      ? [
          {
            key: 'key',
            label: t('requests:action.only_key', { name: key.name || key.id }),
            run: () => only('key', key.id),
          },
        ]
      : []),
    ...(model
      ? [
          {
            key: 'model',
            label: t('requests:action.only_model', { name: model }),
            run: () => only(row.served_model ? 'served_model' : 'requested_model', model),
          },
        ]
      : []),
  ]
}
