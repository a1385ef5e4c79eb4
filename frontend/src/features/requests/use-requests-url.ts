import { useCallback, useEffect, useMemo } from 'react'
import { useTranslation } from 'react-i18next'
import { useSearchParams } from 'react-router'
import { notify } from '../../ui/notify'
import { parseFilter, writeFilter, type Filter, type Pair, type Period } from './filters'

/** The filter of the page lives in its address; what does not parse is dropped, and said so (CO-4). */
export function useRequestsUrl() {
  const { t } = useTranslation()
  const [params, setParams] = useSearchParams()
  const { filter, dropped } = useMemo(() => parseFilter(params), [params])
  const broken = [...new Set(dropped)].join(', ')
  const setFilter = useCallback(
    (change: (filter: Filter) => Filter) =>
      setParams((current) => writeFilter(current, change(parseFilter(current).filter)), { replace: true }),
    [setParams],
  )
  useEffect(() => {
    if (!broken) return
    notify.failed(t('common:url_dropped', { names: broken }))
    setFilter((current) => current)
  }, [broken, setFilter, t])
  const setPairs = useCallback(
    (change: (pairs: readonly Pair[]) => readonly Pair[]) =>
      setFilter(({ pairs, period }) => ({ pairs: change(pairs), period })),
    [setFilter],
  )
  const setPeriod = useCallback(
    (period: Period) => setFilter(({ pairs }) => ({ pairs, period })),
    [setFilter],
  )
  const clear = useCallback(() => setPairs(() => []), [setPairs])
  const opened = params.get('open')
  const open = useCallback(
    (id: string | null) =>
      setParams(
        (current) => {
          const next = new URLSearchParams(current)
          if (id === null) {
            next.delete('open')
            next.delete('tab')
          } else next.set('open', id)
          return next
        },
        { replace: true },
      ),
    [setParams],
  )
  return useMemo(
    () => ({ filter, setPairs, setPeriod, clear, opened, open }),
    [filter, setPairs, setPeriod, clear, opened, open],
  )
}

export type RequestsUrl = ReturnType<typeof useRequestsUrl>
