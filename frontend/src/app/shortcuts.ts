// One registry feeds handler and list. Single letters never fire while somebody types or composes, and can be
// switched off in the account.
import { useEffect, useRef, useSyncExternalStore } from 'react'
import { useQueryClient } from '@tanstack/react-query'
import { useNavigate } from 'react-router'
import { useMe } from '../api/session'
import {
  AUDIT,
  COST,
  isAllowed,
  KEYS_ANY,
  KEYS_OWN,
  MEMBERS,
  PROVIDERS_ANY,
  REQUESTS,
  type Gate,
} from './capabilities'
import { isTyping } from '../ui/typing'

interface Shortcut {
  keys: string
  text: string
  gate?: Gate
  /** Below `/t/<tenant>`. */
  path?: string
  /** Acted on by the page that has such rows. */
  isOfPage?: true
}

export const SHORTCUTS: readonly Shortcut[] = [
  { keys: 'g r', text: 'dialogs:shortcut.requests', gate: REQUESTS, path: '/requests' },
  { keys: 'g p', text: 'dialogs:shortcut.providers', gate: PROVIDERS_ANY, path: '/providers' },
  { keys: 'g c', text: 'dialogs:shortcut.cost', gate: COST, path: '/cost' },
  { keys: 'g k', text: 'dialogs:shortcut.keys', gate: KEYS_ANY, path: '/keys' },
  { keys: 'g y', text: 'dialogs:shortcut.my_keys', gate: KEYS_OWN, path: '/dev/keys' },
  { keys: 'g m', text: 'dialogs:shortcut.members', gate: MEMBERS, path: '/members' },
  { keys: 'g a', text: 'dialogs:shortcut.audit', gate: AUDIT, path: '/audit' },
  { keys: 'j', text: 'dialogs:shortcut.next_row', gate: REQUESTS, isOfPage: true },
  { keys: 'k', text: 'dialogs:shortcut.row_before', gate: REQUESTS, isOfPage: true },
  { keys: 'Enter', text: 'dialogs:shortcut.open_row', gate: REQUESTS, isOfPage: true },
  { keys: 'l', text: 'dialogs:shortcut.live', gate: REQUESTS, isOfPage: true },
  { keys: '/', text: 'dialogs:shortcut.filter' },
  { keys: 'r', text: 'dialogs:shortcut.refresh' },
  { keys: '?', text: 'dialogs:shortcut.list' },
]

const SEQUENCE_MS = 1000
let isOpen = false
const listeners = new Set<() => void>()

function setOpen(next: { open: boolean }): void {
  isOpen = next.open
  for (const listener of listeners) listener()
}

export const openShortcutList = () => setOpen({ open: true })
const closeShortcutList = () => setOpen({ open: false })

const isBusy = (event: KeyboardEvent) => isTyping(event) || document.querySelector('[role="dialog"]') !== null

export function useShortcuts() {
  const me = useMe()
  const go = useNavigate()
  const client = useQueryClient()
  const before = useRef<{ key: string; at: number } | null>(null)
  const isListOpen = useSyncExternalStore(
    (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    () => isOpen,
  )
  useEffect(() => {
    if (!me.user.shortcuts) return
    const run = ({ keys, path }: Shortcut) => {
      if (path) void go(`/t/${me.tenant?.slug ?? ''}${path}`)
      else if (keys === '?') openShortcutList()
      else if (keys === 'r') void client.refetchQueries({ type: 'active' })
      else document.querySelector<HTMLInputElement>('.search-box input')?.focus()
    }
    const pressed = (event: KeyboardEvent) => {
      if (isBusy(event)) return
      const last = before.current
      const sequence =
        last && event.timeStamp - last.at < SEQUENCE_MS ? `${last.key} ${event.key}` : event.key
      before.current = { key: event.key, at: event.timeStamp }
      const find = (keys: string) => SHORTCUTS.find((entry) => entry.keys === keys)
      const found = find(sequence) ?? find(event.key)
      if (!found || found.isOfPage || (found.gate && !isAllowed(me.capabilities, found.gate))) return
      event.preventDefault()
      run(found)
    }
    window.addEventListener('keydown', pressed)
    return () => window.removeEventListener('keydown', pressed)
  }, [client, go, me])
  return { isListOpen, closeList: closeShortcutList }
}
