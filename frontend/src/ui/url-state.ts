// Filter, tab and sort state live in the address (CO-4). A parameter that does not parse is dropped, and said so.
import { useCallback, useEffect, useMemo } from 'react'
import { useTranslation } from 'react-i18next'
import { useSearchParams } from 'react-router'
import type { infer as Infer, ZodMiniType } from 'zod/mini'
import { notify } from './notify'

export type UrlShape = Readonly<Record<string, ZodMiniType<string>>>
export type UrlValues<S extends UrlShape> = { readonly [K in keyof S]?: Infer<S[K]> }

interface Parsed<S extends UrlShape> {
  values: UrlValues<S>
  dropped: string[]
}

export function parseUrlState<S extends UrlShape>(shape: S, params: URLSearchParams): Parsed<S> {
  const values: Record<string, unknown> = {}
  const dropped: string[] = []
  for (const [name, type] of Object.entries(shape)) {
    const raw = params.get(name)
    if (raw === null) continue
    const result = type.safeParse(raw)
    if (result.success) values[name] = result.data
    else dropped.push(name)
  }
  return { values: values as UrlValues<S>, dropped }
}

export function writeUrlState(
  params: URLSearchParams,
  changes: Readonly<Record<string, string | undefined>>,
): URLSearchParams {
  const next = new URLSearchParams(params)
  for (const [name, value] of Object.entries(changes)) {
    if (value === undefined || value === '') next.delete(name)
    else next.set(name, value)
  }
  return next
}

function absent(names: string[]): Record<string, undefined> {
  return Object.fromEntries(names.map((name) => [name, undefined]))
}

export function useUrlState<S extends UrlShape>(shape: S) {
  const [params, setParams] = useSearchParams()
  const { t } = useTranslation()
  const { values, dropped } = useMemo(() => parseUrlState(shape, params), [shape, params])
  const broken = dropped.join(', ')
  const set = useCallback(
    (changes: { [K in keyof S]?: string | undefined }) =>
      setParams((current) => writeUrlState(current, changes), { replace: true }),
    [setParams],
  )
  const clear = useCallback(
    () => setParams((current) => writeUrlState(current, absent(Object.keys(shape))), { replace: true }),
    [setParams, shape],
  )
  useEffect(() => {
    if (!broken) return
    notify.failed(t('common:url_dropped', { names: broken }))
    setParams((current) => writeUrlState(current, absent(broken.split(', '))), { replace: true })
  }, [broken, setParams, t])
  return { values, set, clear, isFiltered: Object.keys(values).length > 0 }
}
