// The installation under test: `switchyard up` with a folder and a port of its own, or one that is running already.
import { spawn, type ChildProcess } from 'node:child_process'
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'

const ROOT = resolve(import.meta.dirname, '../..')
const READY_MS = 120_000
const STOP_MS = 40_000
/** Resolved to loopback by the browser: an origin without a secure context. */
export const INSECURE_HOST = 'gw.test'

export interface Stack {
  baseUrl: string
  setupUrl: string
  stop: () => Promise<void>
}

export function freePort(): Promise<number> {
  return new Promise((done, fail) => {
    const server = createServer()
    server.on('error', fail)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() =>
        address && typeof address === 'object' ? done(address.port) : fail(new Error('no port')),
      )
    })
  })
}

function setupLink(child: ChildProcess, log: string[]): Promise<string> {
  return new Promise((done, fail) => {
    const timer = setTimeout(() => fail(new Error(`not ready in time:\n${log.join('')}`)), READY_MS)
    const read = (chunk: Buffer) => {
      log.push(chunk.toString())
      const found = /Console (http\S+\/setup\?token=\S+)/.exec(log.join(''))
      if (!found?.[1]) return
      clearTimeout(timer)
      done(found[1])
    }
    child.stdout?.on('data', read)
    child.stderr?.on('data', read)
    child.on('exit', (code) => fail(new Error(`switchyard up ended with ${String(code)}:\n${log.join('')}`)))
  })
}

async function stop(child: ChildProcess, folder: string): Promise<void> {
  if (child.exitCode === null) {
    const ended = new Promise((done) => child.once('exit', done))
    child.kill('SIGTERM')
    const late = setTimeout(() => child.kill('SIGKILL'), STOP_MS)
    await ended
    clearTimeout(late)
  }
  rmSync(folder, { recursive: true, force: true })
}

export async function startStack(): Promise<Stack> {
  const given = process.env['E2E_BASE_URL']
  if (given) {
    return { baseUrl: given, setupUrl: process.env['E2E_SETUP_URL'] ?? '', stop: () => Promise.resolve() }
  }
  const port = await freePort()
  const folder = mkdtempSync(join(tmpdir(), 'switchyard-e2e-'))
  // Started by root, PostgreSQL lives in there as another user.
  chmodSync(folder, 0o711)
  const python = process.env['E2E_PYTHON'] ?? join(ROOT, '.venv/bin/python')
  const child = spawn(python, ['-m', 'gateway.cli', 'up'], {
    cwd: ROOT,
    env: {
      ...process.env,
      PORT: String(port),
      VAR_DIR: join(folder, 'var'),
      AUDIT_LOG_DIR: join(folder, 'audit'),
      ALLOWED_HOSTS: `localhost,127.0.0.1,${INSECURE_HOST}`,
      // Vendors of these tests live on this machine.
      EGRESS_ALLOW_CIDRS: '127.0.0.0/8',
      EGRESS_ALLOW_HTTP_HOSTS: '127.0.0.1',
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const log: string[] = []
  try {
    const setupUrl = await setupLink(child, log)
    return {
      baseUrl: new URL(setupUrl).origin,
      setupUrl,
      stop: async () => {
        writeFileSync(join(import.meta.dirname, 'test-results', 'stack.log'), log.join(''), { flag: 'w' })
        await stop(child, folder)
      },
    }
  } catch (error) {
    await stop(child, folder)
    throw error
  }
}
