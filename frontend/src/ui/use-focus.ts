import { useEffect, useRef, type RefObject } from 'react'

interface Focusable {
  focus: () => void
}

/** Where a dialog starts: the element takes the focus once, when it appears. */
export function useFocus<T extends Focusable>(): RefObject<T | null> {
  const element = useRef<T>(null)
  useEffect(() => element.current?.focus(), [])
  return element
}
