// The live connection as a test speaks it.
import { act, waitFor } from '@testing-library/react'
import { me } from './facts'

interface Ask {
  op: string
  id: number
  filter?: unknown
}

/** Greets whoever comes, and says what the test has it say. */
export class ServerSocket extends EventTarget {
  static latest: ServerSocket | undefined
  readyState = 1
  asked: Ask[] = []
  constructor() {
    super()
    ServerSocket.latest = this
    queueMicrotask(() => this.say({ op: 'hello', build: me.server.build }))
  }
  send(text: string): void {
    this.asked.push(JSON.parse(text) as Ask)
  }
  close(): void {}
  say(frame: object): void {
    this.dispatchEvent(new MessageEvent('message', { data: JSON.stringify(frame) }))
  }
}

/** The subscription of the page as it is now; the function says rows to it. */
export async function subscribed() {
  const ask = await waitFor(() => {
    const found = ServerSocket.latest?.asked.findLast(({ op }) => op === 'sub')
    if (!found) throw new Error('nobody has asked')
    return found
  })
  let seq = 0
  const say = (...rows: object[]) =>
    act(() =>
      ServerSocket.latest?.say({ op: 'ev', id: ask.id, seq: ++seq, cursor: `${seq}-0`, rows, dropped: 0 }),
    )
  return { ask, say }
}
