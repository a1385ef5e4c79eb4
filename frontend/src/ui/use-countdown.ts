import { useEffect, useState } from 'react'

/** Seconds left until `until` (a time in ms), once a second; 0 when it has passed or is absent. */
export function useCountdown(until: number | null): number {
  const [now, setNow] = useState(() => Date.now())
  const left = until === null ? 0 : Math.max(0, Math.ceil((until - now) / 1000))
  const isRunning = left > 0
  useEffect(() => {
    if (until === null) return
    const tick = () => setNow(Date.now())
    tick()
    if (!isRunning) return
    const timer = window.setInterval(tick, 1000)
    return () => window.clearInterval(timer)
  }, [until, isRunning])
  return left
}
