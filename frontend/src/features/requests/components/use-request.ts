import { useQuery } from '@tanstack/react-query'
import { isProblem } from '../../../api/problem'
import { useTenantSlug } from '../../../api/session'
import { requestQuery } from '../queries'

/** One request; what is gone, or belongs to somebody else, is told apart from what could not be read. */
export function useRequest(id: string, { isRunning = false } = {}) {
  const tenant = useTenantSlug()
  const { data, error, isPending, refetch } = useQuery(requestQuery(tenant, id, { isRunning }))
  const isGone = isProblem(error) && error.status === 404
  return { data, error, isPending, isGone, isRunning, retry: () => void refetch() }
}
