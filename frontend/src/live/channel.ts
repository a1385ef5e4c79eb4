// A channel of this tab's socket: asked for after each hello; its rows are handed over each 250 ms at most (CO-27).
import type { LiveSocket } from './socket'

export interface News<Row> {
  rows: Row[]
  /** How many more there were, at least: more than the server says at once, or remembers. Read the rest. */
  dropped: number
  /** Nothing but how things were when the page subscribed. */
  isStart: boolean
}

/** As the list of the same page is filtered; the server applies it. */
export type ChannelFilter = Readonly<Record<string, string | readonly string[]>>

interface Wanted<Row> {
  tenant: string
  channel: string
  filter?: ChannelFilter | undefined
  onNews: (news: News<Row>) => void
  /** From here on everything is heard. */
  onOpen?: (() => void) | undefined
}

interface Event {
  id: number
  rows: unknown[]
  dropped: number
  cursor?: string
}

const FLUSH_MS = 250
let lastId = 0

export function openChannel<Row>(socket: LiveSocket, wanted: Wanted<Row>): () => void {
  const { tenant, channel, filter, onNews, onOpen } = wanted
  const id = ++lastId
  let waiting: Row[] = []
  let dropped = 0
  let frames = 0
  let cursor: string | undefined
  let flush: number | undefined

  const handOver = () => {
    const news = { rows: waiting, dropped, isStart: frames === 1 }
    flush = undefined
    waiting = []
    dropped = 0
    onNews(news)
  }
  const soon = () => (flush ??= window.setTimeout(handOver, FLUSH_MS))

  const ask = () => {
    const since = cursor === undefined ? {} : { cursor }
    socket.send({ op: 'sub', id, tenant, ch: channel, ...(filter ? { filter } : {}), ...since })
  }

  const hear = (event: Event) => {
    frames += 1
    cursor = event.cursor ?? cursor
    waiting.push(...(event.rows as Row[]))
    dropped += event.dropped
    soon()
  }

  const readTheRest = () => {
    dropped += 1
    soon()
  }

  const opened = (at: unknown) => {
    socket.refuse(id, false)
    // The place after a lost connection is where the last rows were, not where the new one starts.
    if (cursor === undefined && typeof at === 'string') cursor = at
    onOpen?.()
  }

  const leave = socket.listen((frame) => {
    if (frame.op === 'hello') ask()
    if (frame['id'] !== id) return
    if (frame.op === 'ok') opened(frame['cursor'])
    else if (frame.op === 'ev') hear(frame as unknown as Event)
    else if (frame.op === 'gap') {
      cursor = undefined
      readTheRest()
    } else if (frame.op === 'err') {
      // A right that is gone, or one channel too many: from here on only reading tells how things are.
      socket.refuse(id, true)
      readTheRest()
    }
  })
  if (socket.isOpen()) ask()

  return () => {
    leave()
    socket.refuse(id, false)
    window.clearTimeout(flush)
    socket.send({ op: 'unsub', id })
  }
}
