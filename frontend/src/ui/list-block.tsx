import type { ReactNode } from 'react'
import { Loading } from './loading'
import { ProblemView } from './problem'

interface ListQuery {
  isPending: boolean
  isError: boolean
  isFetching: boolean
  error: unknown
  refetch: () => unknown
}

interface Props {
  query: ListQuery
  /** "The keys could not be read." */
  problemTitle: string
  hasData: boolean
  isEmpty: boolean
  empty: ReactNode
  children: ReactNode
}

/** The four states of a block with rows; old data stays while it is read again (CO-7…CO-9). */
export function ListBlock({ query, problemTitle, hasData, isEmpty, empty, children }: Props) {
  if (query.isPending) return <Loading rows={8} />
  if (query.isError && !hasData) {
    return <ProblemView error={query.error} title={problemTitle} onRetry={() => void query.refetch()} />
  }
  return (
    <div className="list-block" aria-busy={query.isFetching}>
      {query.isFetching && <div className="refetch-bar" />}
      {query.isError && (
        <div className="stale-note">
          <ProblemView error={query.error} title={problemTitle} onRetry={() => void query.refetch()} />
        </div>
      )}
      {isEmpty ? empty : children}
    </div>
  )
}
