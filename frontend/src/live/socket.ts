// One socket per tab: hello, ping, reconnect with jitter. After three failures in a row the pages poll, and while a
// channel of theirs is refused.
export type LiveState = 'connecting' | 'live' | 'polling' | 'offline'

export interface Hello {
  op: 'hello'
  version: string
  build: string
  server_now: string
  session_expires_at: string
}

/** What the server says; which fields there are depends on `op`. */
export type Frame = Readonly<Record<string, unknown>> & { readonly op: string }

export interface LiveOptions {
  url: string
  onHello: (hello: Hello) => void
  onSignedOut: () => void
  random?: () => number
  open?: (url: string) => WebSocket
}

export interface LiveSocket {
  start: () => void
  stop: () => void
  state: () => LiveState
  subscribe: (listener: () => void) => () => void
  /** Lost while nobody is there: what must be known is said again after each hello. */
  send: (frame: object) => void
  listen: (hear: (frame: Frame) => void) => () => void
  /** Whether there was a hello: what is asked now is heard. */
  isOpen: () => boolean
  /** A channel the server does not serve, or serves again. */
  refuse: (channel: number, isRefused: boolean) => void
}

const PING_MS = 20_000
const PONG_WITHIN_MS = 10_000
const RETRY_MIN_MS = 500
const RETRY_MAX_MS = 15_000
const FAILURES_BEFORE_POLLING = 3
const OPEN = 1
const SIGNED_OUT = 4401
const NO_RIGHT = 4403
const TOO_MANY = 4429
/** Asking again at once would not change the answer, or would still carry the cookie of the session before. */
const WAITS: Readonly<Record<number, number>> = {
  [SIGNED_OUT]: 2000,
  [NO_RIGHT]: RETRY_MAX_MS,
  [TOO_MANY]: RETRY_MAX_MS,
}

export function retryDelay(failures: number, random: () => number): number {
  const ceiling = Math.min(RETRY_MAX_MS, RETRY_MIN_MS * 2 ** failures)
  return RETRY_MIN_MS + random() * (ceiling - RETRY_MIN_MS)
}

export function createLiveSocket(options: LiveOptions): LiveSocket {
  const {
    url,
    onHello,
    onSignedOut,
    random = Math.random,
    open = (address: string) => new WebSocket(address),
  } = options
  const listeners = new Set<() => void>()
  const hearers = new Set<(frame: Frame) => void>()
  const refused = new Set<number>()
  let state: LiveState = 'connecting'
  let socket: WebSocket | null = null
  let failures = 0
  let retry: number | undefined
  let ping: number | undefined
  let pong: number | undefined

  const shown = () => (state === 'live' && refused.size > 0 ? 'polling' : state)

  const changed = (change: () => void) => {
    const before = shown()
    change()
    if (shown() === before) return
    for (const listener of listeners) listener()
  }

  const become = (next: LiveState) =>
    changed(() => {
      state = next
    })

  const quiet = () => {
    window.clearTimeout(retry)
    window.clearInterval(ping)
    window.clearTimeout(pong)
  }

  const send = (frame: object) => {
    if (socket?.readyState === OPEN) socket.send(JSON.stringify(frame))
  }

  const beat = () => {
    send({ op: 'ping' })
    window.clearTimeout(pong)
    pong = window.setTimeout(() => socket?.close(), PONG_WITHIN_MS)
  }

  const receive = (text: string) => {
    const frame = JSON.parse(text) as Frame
    if (frame.op === 'hello') {
      failures = 0
      become('live')
      onHello(frame as unknown as Hello)
    } else if (frame.op === 'pong') {
      window.clearTimeout(pong)
    }
    for (const hear of hearers) hear(frame)
  }

  const closed = (code: number) => {
    quiet()
    socket = null
    failures += 1
    // Either nobody is signed in any more, and whoever hears this leads away, or the session was renewed.
    if (code === SIGNED_OUT) onSignedOut()
    if (!navigator.onLine) become('offline')
    else if (code === NO_RIGHT || code === TOO_MANY || failures >= FAILURES_BEFORE_POLLING) become('polling')
    else become('connecting')
    retry = window.setTimeout(connect, WAITS[code] ?? retryDelay(failures, random))
  }

  const connect = () => {
    quiet()
    const opened = open(url)
    socket = opened
    opened.addEventListener('open', () => {
      ping = window.setInterval(beat, PING_MS)
    })
    opened.addEventListener('message', (event: MessageEvent<string>) => receive(event.data))
    opened.addEventListener('close', (event) => {
      if (socket === opened) closed(event.code)
    })
  }

  const wentOffline = () => become('offline')
  const cameBack = () => {
    failures = 0
    if (socket) become('live')
    else connect()
  }

  return {
    start() {
      window.addEventListener('offline', wentOffline)
      window.addEventListener('online', cameBack)
      connect()
    },
    stop() {
      window.removeEventListener('offline', wentOffline)
      window.removeEventListener('online', cameBack)
      quiet()
      const leaving = socket
      socket = null
      leaving?.close()
    },
    state: shown,
    isOpen: () => state === 'live',
    refuse(channel, isRefused) {
      changed(() => {
        if (isRefused) refused.add(channel)
        else refused.delete(channel)
      })
    },
    subscribe(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    send,
    listen(hear) {
      hearers.add(hear)
      return () => hearers.delete(hear)
    },
  }
}
