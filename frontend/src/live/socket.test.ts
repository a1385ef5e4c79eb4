import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { createLiveSocket, retryDelay, type LiveOptions } from './socket'

class FakeSocket extends EventTarget {
  readyState = 1
  sent: string[] = []
  isClosed = false
  send(text: string): void {
    this.sent.push(text)
  }
  close(): void {
    this.drop(1000)
  }
  accept(): void {
    this.dispatchEvent(new Event('open'))
    this.say({ op: 'hello', version: '1', build: 'b1', server_now: '', session_expires_at: '' })
  }
  say(frame: object): void {
    this.dispatchEvent(new MessageEvent('message', { data: JSON.stringify(frame) }))
  }
  drop(code: number): void {
    if (this.isClosed) return
    this.isClosed = true
    this.dispatchEvent(new CloseEvent('close', { code }))
  }
}

let opened: FakeSocket[] = []

function make(options: Partial<LiveOptions> = {}) {
  return createLiveSocket({
    url: 'ws://localhost/ws/console/',
    onHello: () => undefined,
    onSignedOut: () => undefined,
    random: () => 0,
    open: () => {
      const socket = new FakeSocket()
      opened.push(socket)
      return socket as unknown as WebSocket
    },
    ...options,
  })
}

const latest = () => opened.at(-1) ?? new FakeSocket()

beforeEach(() => {
  vi.useFakeTimers()
  opened = []
})
afterEach(() => {
  vi.useRealTimers()
})

test('it is live after the hello, not before', () => {
  const onHello = vi.fn()
  const live = make({ onHello })
  live.start()
  expect(live.state()).toBe('connecting')
  latest().accept()
  expect(live.state()).toBe('live')
  expect(onHello).toHaveBeenCalledWith(expect.objectContaining({ build: 'b1' }))
  live.stop()
})

test('it pings every 20 s and reconnects when no pong comes', () => {
  const live = make()
  live.start()
  latest().accept()
  vi.advanceTimersByTime(20_000)
  expect(latest().sent).toEqual(['{"op":"ping"}'])
  latest().say({ op: 'pong' })
  vi.advanceTimersByTime(15_000)
  expect(opened).toHaveLength(1)
  vi.advanceTimersByTime(15_000)
  vi.advanceTimersByTime(1000)
  expect(opened).toHaveLength(2)
  live.stop()
})

test('after three failures the pages poll, and the next hello makes it live again', () => {
  const live = make()
  live.start()
  for (const state of ['connecting', 'connecting', 'polling']) {
    latest().drop(1006)
    expect(live.state()).toBe(state)
    vi.advanceTimersByTime(500)
  }
  latest().accept()
  expect(live.state()).toBe('live')
  live.stop()
})

test('a sign-out is told, and a renewed session connects again', () => {
  const onSignedOut = vi.fn()
  const live = make({ onSignedOut })
  live.start()
  latest().accept()
  latest().drop(4401)
  expect(onSignedOut).toHaveBeenCalledOnce()
  vi.advanceTimersByTime(2000)
  expect(opened).toHaveLength(2)
  live.stop()
})

test('a refusal is not asked again at once', () => {
  const live = make()
  live.start()
  latest().drop(4429)
  expect(live.state()).toBe('polling')
  vi.advanceTimersByTime(14_000)
  expect(opened).toHaveLength(1)
  vi.advanceTimersByTime(1000)
  expect(opened).toHaveLength(2)
  live.stop()
})

test('stopping closes and stays closed', () => {
  const live = make()
  live.start()
  latest().accept()
  live.stop()
  vi.advanceTimersByTime(60_000)
  expect(opened).toHaveLength(1)
  expect(latest().isClosed).toBe(true)
})

test('what others say is heard by whoever listens, until they leave', () => {
  const live = make()
  const hear = vi.fn()
  live.start()
  const leave = live.listen(hear)
  latest().say({ op: 'ok', id: 1 })
  expect(hear).toHaveBeenCalledExactlyOnceWith({ op: 'ok', id: 1 })
  leave()
  latest().say({ op: 'ok', id: 2 })
  expect(hear).toHaveBeenCalledOnce()
  live.stop()
})

test('nothing is said into a socket that is not open yet', () => {
  const live = make()
  live.start()
  latest().readyState = 0
  live.send({ op: 'sub', id: 1 })
  expect(latest().sent).toEqual([])
  live.stop()
})

test('waits grow from 0.5 s to 15 s and are spread', () => {
  expect(retryDelay(0, () => 1)).toBe(500)
  expect(retryDelay(3, () => 1)).toBe(4000)
  expect(retryDelay(30, () => 1)).toBe(15_000)
  expect(retryDelay(30, () => 0)).toBe(500)
})

test('while a channel is refused the pages poll, and others are heard all the same', () => {
  const live = make()
  const changed = vi.fn()
  live.start()
  latest().accept()
  live.subscribe(changed)
  live.refuse(7, true)
  live.refuse(8, true)
  expect([live.state(), live.isOpen()]).toEqual(['polling', true])
  live.refuse(7, false)
  expect(live.state()).toBe('polling')
  live.refuse(8, false)
  expect(live.state()).toBe('live')
  expect(changed).toHaveBeenCalledTimes(2)
})
