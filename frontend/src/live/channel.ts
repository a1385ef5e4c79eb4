// A channel of this tab's socket: asked for after each hello; its rows are handed over each 250 ms at most (CO-27).
import type { LiveSocket } from './socket'

export interface News<Row> {
  rows: Row[]
  /** How many more there were than the server says at once: read the rest. */
  dropped: number
  /** Nothing but how things were when the page subscribed. */
  isStart: boolean
}

interface Wanted<Row> {
  tenant: string
  channel: string
  onNews: (news: News<Row>) => void
}

interface Event {
  id: number
  rows: unknown[]
  dropped: number
}

const FLUSH_MS = 250
let lastId = 0

export function openChannel<Row>(socket: LiveSocket, { tenant, channel, onNews }: Wanted<Row>): () => void {
  const id = ++lastId
  let waiting: Row[] = []
  let dropped = 0
  let frames = 0
  let flush: number | undefined

  const handOver = () => {
    const news = { rows: waiting, dropped, isStart: frames === 1 }
    flush = undefined
    waiting = []
    dropped = 0
    onNews(news)
  }

  const ask = () => socket.send({ op: 'sub', id, tenant, ch: channel })

  const leave = socket.listen((frame) => {
    if (frame.op === 'hello') ask()
    if (frame.op !== 'ev' || frame['id'] !== id) return
    const event = frame as unknown as Event
    frames += 1
    waiting.push(...(event.rows as Row[]))
    dropped += event.dropped
    flush ??= window.setTimeout(handOver, FLUSH_MS)
  })
  if (socket.state() === 'live') ask()

  return () => {
    leave()
    window.clearTimeout(flush)
    socket.send({ op: 'unsub', id })
  }
}
