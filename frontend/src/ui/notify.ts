// Short news of an action, one line at a time; the toaster in the root shows and announces it.
export interface Notice {
  id: number
  tone: 'done' | 'failed'
  text: string
}

const SHOWN_MS = 5000
const KEPT = 3

let notices: readonly Notice[] = []
let last = 0
const listeners = new Set<() => void>()

function change(next: readonly Notice[]): void {
  notices = next
  for (const listener of listeners) listener()
}

function say(tone: Notice['tone'], text: string): void {
  last += 1
  const notice = { id: last, tone, text }
  change([...notices.slice(1 - KEPT), notice])
  window.setTimeout(() => change(notices.filter((entry) => entry.id !== notice.id)), SHOWN_MS)
}

export const notify = {
  done: (text: string): void => say('done', text),
  failed: (text: string): void => say('failed', text),
}

export const noticeStore = {
  subscribe: (listener: () => void): (() => void) => {
    listeners.add(listener)
    return () => listeners.delete(listener)
  },
  read: (): readonly Notice[] => notices,
}
