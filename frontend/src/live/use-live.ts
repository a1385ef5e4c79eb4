import { useQueryClient } from '@tanstack/react-query'
import { createContext, useEffect, useState, useSyncExternalStore } from 'react'
import { sessionLost } from '../api/session-events'
import { sawBuild } from './build'
import { createLiveSocket, type LiveSocket, type LiveState } from './socket'

const POLL_MS = 5000

function socketUrl(): string {
  const { protocol, host } = window.location
  return `${protocol === 'https:' ? 'wss' : 'ws'}://${host}/ws/console/`
}

function makeSocket(): LiveSocket {
  return createLiveSocket({
    url: socketUrl(),
    onHello: (hello) => sawBuild(hello.build),
    onSignedOut: sessionLost,
  })
}

/** This tab's socket, for what a page subscribes to. */
export const LiveContext = createContext<LiveSocket | null>(null)

/** This tab's socket; without one, whatever the page shows is read again every 5 s. */
export function useLive(): { socket: LiveSocket; state: LiveState } {
  const [socket] = useState(makeSocket)
  const client = useQueryClient()
  useEffect(() => {
    socket.start()
    return () => socket.stop()
  }, [socket])
  const state = useSyncExternalStore(socket.subscribe, socket.state)
  const isPolling = state === 'polling'
  useEffect(() => {
    if (!isPolling) return
    const timer = window.setInterval(() => {
      if (document.hidden) return
      void client.refetchQueries({ type: 'active', predicate: (query) => query.meta?.['isPolled'] !== false })
    }, POLL_MS)
    return () => window.clearInterval(timer)
  }, [client, isPolling])
  return { socket, state }
}
