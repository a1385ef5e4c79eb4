// How back-ends are, as soon as it is known: shown at once in what the page holds, then read again.
import { useQueryClient, type QueryClient } from '@tanstack/react-query'
import { useEffect, useState } from 'react'
import { useTenantSlug } from '../../api/session'
import type { News } from '../../live/channel'
import { useChannel } from '../../live/use-channel'
import { healthQuery, providerQuery, providersQuery } from './queries'
import type { Provider } from './types'

interface Row {
  provider: string
  /** Null: there is no such back-end any more. */
  status: Provider['status'] | null
  credentials: Provider['credentials'] | null
}

/** However often a back-end changes, the page is not read again more often. */
const READ_AGAIN_MS = 2000

export function useLiveHealth(): void {
  const client = useQueryClient()
  const tenant = useTenantSlug()
  const [reader] = useState(createReader)
  useEffect(() => () => reader.stop(), [reader])
  useChannel<Row>('health', tenant, ({ rows, dropped, isStart }: News<Row>) => {
    const isKnown = show(client, tenant, rows)
    if (isStart && isKnown && dropped === 0) return
    reader.read(
      rows.map(({ provider }) => provider),
      (ids) => readAgain(client, tenant, ids),
    )
  })
}

/** Whether the list, where there is one, has all of the rows. */
function show(client: QueryClient, tenant: string, rows: readonly Row[]): boolean {
  const news = new Map(rows.map((row) => [row.provider, row]))
  const renewed = (row: Provider): Provider => {
    const { status, credentials } = news.get(row.id) ?? {}
    return status && credentials ? { ...row, status, credentials } : row
  }
  const list = client.setQueryData(providersQuery(tenant).queryKey, (all) => all?.map(renewed))
  client.setQueryData(
    healthQuery(tenant).queryKey,
    (all) =>
      all && {
        ...all,
        ...(all.providers && {
          providers: all.providers.map((row) => {
            const { status, credentials } = news.get(row.id) ?? {}
            if (!status || !credentials) return row
            const { state, ...rest } = status
            return { ...row, ...rest, status: state, credentials }
          }),
        }),
      },
  )
  for (const id of news.keys()) {
    client.setQueryData(providerQuery(tenant, id).queryKey, (row) => row && renewed(row))
  }
  const listed = list && new Set(list.map(({ id }) => id))
  return rows.every(
    ({ provider, status }) => listed === undefined || listed.has(provider) === (status !== null),
  )
}

/** Also what the channel does not say: what a person has edited, credentials, checks. */
function readAgain(client: QueryClient, tenant: string, ids: ReadonlySet<string>): void {
  const keys: (readonly unknown[])[] = [
    providersQuery(tenant).queryKey,
    healthQuery(tenant).queryKey,
    ...[...ids].map((id) => providerQuery(tenant, id).queryKey),
  ]
  for (const queryKey of keys) void client.invalidateQueries({ queryKey })
}

/** At once, and then at most each READ_AGAIN_MS; the last change is never missed. */
function createReader() {
  let ids = new Set<string>()
  let pause: number | undefined
  const read = (changed: readonly string[], run: (ids: ReadonlySet<string>) => void) => {
    for (const id of changed) ids.add(id)
    if (pause !== undefined) return
    const due = ids
    ids = new Set()
    run(due)
    pause = window.setTimeout(() => {
      pause = undefined
      if (ids.size > 0) read([], run)
    }, READ_AGAIN_MS)
  }
  return { read, stop: () => window.clearTimeout(pause) }
}
