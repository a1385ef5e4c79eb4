import { useEffect, useEffectEvent } from 'react'
import { useMe } from '../../api/session'
import { isTyping } from '../../ui/typing'

interface Keys {
  move: (by: number) => void
  open: () => void
  close: () => void
  toggleLive: () => void
}

/** What Enter does there is its own business. */
const OWN_ENTER = 'a, button, [role=slider], [role=tab], [role=menuitem], summary'

/** `j k` through the rows, Enter opens, Esc closes, `l` stops and starts the live tail. */
export function useRowKeys(keys: Keys): void {
  const isOn = useMe().user.shortcuts
  const pressed = useEffectEvent((event: KeyboardEvent) => {
    if (isTyping(event) || event.defaultPrevented) return
    const target = event.target instanceof Element ? event.target : null
    const acts: Record<string, () => void> = {
      j: () => keys.move(1),
      k: () => keys.move(-1),
      l: keys.toggleLive,
      Escape: keys.close,
      ...(target?.closest(OWN_ENTER) ? {} : { Enter: keys.open }),
    }
    const act = acts[event.key]
    if (!act || (target?.closest('[role=dialog]') && !target.closest('.req-drawer'))) return
    event.preventDefault()
    act()
  })
  useEffect(() => {
    if (!isOn) return
    window.addEventListener('keydown', pressed)
    return () => window.removeEventListener('keydown', pressed)
  }, [isOn])
}
