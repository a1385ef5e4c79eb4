// A vendor on loopback: the mock provider over HTTP, behind a door that asks for the right key.
import { spawn, type ChildProcess } from 'node:child_process'
import { createServer, request, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { join, resolve } from 'node:path'
import { freePort } from './stack'

const ROOT = resolve(import.meta.dirname, '../..')
const READY_MS = 60_000

export interface Vendor {
  baseUrl: string
  /** The keys it accepts from now on. */
  keys: Set<string>
  stop: () => Promise<void>
}

function listening(child: ChildProcess): Promise<void> {
  return new Promise((done, fail) => {
    const timer = setTimeout(() => fail(new Error('the mock provider is not ready in time')), READY_MS)
    child.stdout?.on('data', (chunk: Buffer) => {
      if (!chunk.toString().includes('listens on')) return
      clearTimeout(timer)
      done()
    })
    child.on('exit', (code) => fail(new Error(`switchyard mock ended with ${String(code)}`)))
  })
}

function refuse(answer: ServerResponse): void {
  const body = JSON.stringify({
    error: { message: 'Incorrect API key provided.', type: 'invalid_request_error', code: 'invalid_api_key' },
  })
  answer.writeHead(401, { 'content-type': 'application/json' }).end(body)
}

function door(port: number, keys: ReadonlySet<string>): Server {
  return createServer((asked: IncomingMessage, answer: ServerResponse) => {
    const key = asked.headers.authorization?.replace(/^Bearer /, '') ?? ''
    if (!keys.has(key)) {
      asked.resume()
      refuse(answer)
      return
    }
    const { method, url, headers } = asked
    const inner = request({ host: '127.0.0.1', port, method, path: url, headers }, (found) => {
      answer.writeHead(found.statusCode ?? 502, found.headers)
      found.pipe(answer)
    })
    inner.on('error', () => answer.destroy())
    asked.pipe(inner)
  })
}

export async function startVendor(): Promise<Vendor> {
  const inside = await freePort()
  const outside = await freePort()
  const python = process.env['E2E_PYTHON'] ?? join(ROOT, '.venv/bin/python')
  const child = spawn(python, ['-m', 'gateway.cli', 'mock', '--port', String(inside)], {
    cwd: ROOT,
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  await listening(child)
  const keys = new Set<string>()
  const server = door(inside, keys)
  await new Promise<void>((done) => server.listen(outside, '127.0.0.1', done))
  return {
    baseUrl: `http://127.0.0.1:${outside}/v1`,
    keys,
    stop: async () => {
      server.closeAllConnections()
      await new Promise((done) => server.close(done))
      child.removeAllListeners('exit')
      const ended = new Promise((done) => child.once('exit', done))
      child.kill('SIGTERM')
      await ended
    },
  }
}
