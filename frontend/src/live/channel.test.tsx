import { act, cleanup, render } from '@testing-library/react'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { openChannel, type News } from './channel'
import type { Frame, LiveSocket, LiveState } from './socket'
import { useChannel } from './use-channel'
import { LiveContext } from './use-live'

class FakeLive implements LiveSocket {
  sent: Record<string, unknown>[] = []
  hearers = new Set<(frame: Frame) => void>()
  is: LiveState = 'live'
  refused = new Set<number>()
  start = () => undefined
  stop = () => undefined
  state = () => this.is
  isOpen = () => this.is === 'live'
  refuse = (channel: number, isRefused: boolean) => {
    if (isRefused) this.refused.add(channel)
    else this.refused.delete(channel)
  }
  subscribe = () => () => undefined
  send = (frame: object) => void this.sent.push(frame as Record<string, unknown>)
  listen = (hear: (frame: Frame) => void) => {
    this.hearers.add(hear)
    return () => this.hearers.delete(hear)
  }
  say(frame: Frame): void {
    for (const hear of this.hearers) hear(frame)
  }
  get id(): unknown {
    return this.sent[0]?.['id']
  }
}

let live: FakeLive

beforeEach(() => {
  vi.useFakeTimers()
  live = new FakeLive()
})
afterEach(() => {
  cleanup()
  vi.useRealTimers()
})

const opened = (onNews: (news: News<string>) => void) =>
  openChannel<string>(live, { tenant: 'acme', channel: 'health', onNews })

test('it asks at once on a socket that is there, and again after each hello', () => {
  const close = opened(vi.fn())
  expect(live.sent).toEqual([{ op: 'sub', id: live.id, tenant: 'acme', ch: 'health' }])
  live.say({ op: 'hello' })
  expect(live.sent[1]).toEqual(live.sent[0])
  close()
  expect(live.sent[2]).toEqual({ op: 'unsub', id: live.id })
  expect(live.hearers.size).toBe(0)
})

test('it waits for the hello of a socket that is away', () => {
  live.is = 'polling'
  opened(vi.fn())
  expect(live.sent).toEqual([])
  live.say({ op: 'hello' })
  expect(live.sent).toHaveLength(1)
})

test('frames of 250 ms are handed over together, those of others never', () => {
  const onNews = vi.fn()
  opened(onNews)
  const ev = (id: unknown, rows: string[], dropped = 0) => live.say({ op: 'ev', id, seq: 1, rows, dropped })
  ev(live.id, ['a'])
  vi.advanceTimersByTime(250)
  expect(onNews).toHaveBeenLastCalledWith({ rows: ['a'], dropped: 0, isStart: true })
  ev(live.id, ['b'])
  ev('another', ['x'])
  ev(live.id, ['c'], 7)
  live.say({ op: 'err', id: 'another', code: 'permission_denied' })
  expect(live.refused.size).toBe(0)
  expect(onNews).toHaveBeenCalledOnce()
  vi.advanceTimersByTime(250)
  expect(onNews).toHaveBeenLastCalledWith({ rows: ['b', 'c'], dropped: 7, isStart: false })
  vi.advanceTimersByTime(1000)
  expect(onNews).toHaveBeenCalledTimes(2)
})

test('it asks with the filter, and after a lost connection from where the last rows were', () => {
  const [onNews, onOpen] = [vi.fn(), vi.fn()]
  const filter = { status: 'error' }
  openChannel<string>(live, { tenant: 'acme', channel: 'requests', filter, onNews, onOpen })
  live.say({ op: 'ok', id: live.id, cursor: '1-0' })
  expect(onOpen).toHaveBeenCalledOnce()
  live.say({ op: 'ev', id: live.id, seq: 1, rows: ['a'], dropped: 0, cursor: '2-0' })
  live.say({ op: 'hello' })
  const asked = { op: 'sub', id: live.id, tenant: 'acme', ch: 'requests', filter }
  expect(live.sent).toEqual([asked, { ...asked, cursor: '2-0' }])
  live.say({ op: 'ok', id: live.id, cursor: '9-0' })
  live.say({ op: 'hello' })
  expect(live.sent.at(-1)).toEqual({ ...asked, cursor: '2-0' })
})

test('a gap is something more to read, and the place before it is forgotten', () => {
  const onNews = vi.fn()
  opened(onNews)
  live.say({ op: 'ok', id: live.id, cursor: '1-0' })
  live.say({ op: 'gap', id: live.id })
  vi.advanceTimersByTime(250)
  expect(onNews).toHaveBeenLastCalledWith({ rows: [], dropped: 1, isStart: false })
  live.say({ op: 'hello' })
  expect(live.sent.at(-1)).not.toHaveProperty('cursor')
})

test('a refused channel says so, has the page read again, and is asked for after the next hello', () => {
  const onNews = vi.fn()
  const close = opened(onNews)
  live.say({ op: 'ok', id: live.id })
  live.say({ op: 'err', id: live.id, code: 'permission_denied' })
  expect([...live.refused]).toEqual([live.id])
  vi.advanceTimersByTime(250)
  expect(onNews).toHaveBeenLastCalledWith({ rows: [], dropped: 1, isStart: false })
  live.say({ op: 'hello' })
  expect(live.sent.at(-1)).toMatchObject({ op: 'sub', id: live.id })
  live.say({ op: 'ok', id: live.id })
  expect(live.refused.size).toBe(0)
  live.say({ op: 'err', id: live.id, code: 'too_many_subscriptions' })
  close()
  expect(live.refused.size).toBe(0)
})

test('what was waiting is forgotten with the page', () => {
  const onNews = vi.fn()
  const close = opened(onNews)
  live.say({ op: 'ev', id: live.id, seq: 1, rows: ['a'], dropped: 0 })
  close()
  vi.advanceTimersByTime(1000)
  expect(onNews).not.toHaveBeenCalled()
})

function Page({ onNews }: { onNews: (news: News<string>) => void }) {
  useChannel<string>('health', 'acme', onNews)
  return null
}

test('a page is subscribed while it is shown, and hears with what it is now', () => {
  const [before, now] = [vi.fn(), vi.fn()]
  const shown = (onNews: (news: News<string>) => void) => (
    <LiveContext value={live}>
      <Page onNews={onNews} />
    </LiveContext>
  )
  const { rerender, unmount } = render(shown(before))
  rerender(shown(now))
  expect(live.sent).toHaveLength(1)
  act(() => {
    live.say({ op: 'ev', id: live.id, seq: 1, rows: ['a'], dropped: 0 })
    vi.advanceTimersByTime(250)
  })
  expect(before).not.toHaveBeenCalled()
  expect(now).toHaveBeenCalledOnce()
  unmount()
  expect(live.sent.at(-1)).toEqual({ op: 'unsub', id: live.id })
})

test('a page outside of the shell works without', () => {
  expect(() => render(<Page onNews={vi.fn()} />)).not.toThrow()
})
