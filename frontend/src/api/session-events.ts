// The session ended while a page was open: whoever routes decides what happens next.
type Listener = () => void

const listeners = new Set<Listener>()

export function onSessionLost(listener: Listener): () => void {
  listeners.add(listener)
  return () => listeners.delete(listener)
}

export function sessionLost(): void {
  for (const listener of listeners) listener()
}
