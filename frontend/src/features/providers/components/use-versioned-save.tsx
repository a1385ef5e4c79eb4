import { useMutation } from '@tanstack/react-query'
import { useState, type ReactNode } from 'react'
import { isProblem, type Problem } from '../../../api/problem'
import { ConflictDialog } from '../../../ui/conflict-dialog'

type Values = Record<string, unknown>

interface Host<Row, Changes> {
  loaded: Row
  save: (base: Row, changes: Changes) => Promise<Row>
  /** The row as the server has it now. */
  reload: () => Promise<Row>
  /** The fields of `changes` in a row, for the conflict view. */
  pick: (row: Row, changes: Changes) => Values
  onSaved: (row: Row) => void
  onRefused: (error: unknown) => void
  /** The person takes what somebody else saved. */
  onTheirs: (row: Row) => void
}

interface Conflict<Row, Changes> {
  problem: Problem
  changes: Changes
  current: Row
}

/** An edit of the version that was read: when somebody saved first, both sides are shown and neither is lost (CO-16). */
export function useVersionedSave<Row, Changes extends Values>(
  host: Host<Row, Changes>,
): {
  base: Row
  save: (changes: Changes) => void
  isBusy: boolean
  /** An error that belongs to no field and is no conflict. */
  error: unknown
  dialog: ReactNode
} {
  // Refetches in the background must not move the ground under somebody who types.
  const [base, setBase] = useState(host.loaded)
  const [conflict, setConflict] = useState<Conflict<Row, Changes> | null>(null)
  const mutation = useMutation({
    mutationKey: ['providers', 'save'],
    mutationFn: ({ on, changes }: { on: Row; changes: Changes }) => host.save(on, changes),
    onSuccess: (row) => {
      setBase(row)
      host.onSaved(row)
    },
    onError: async (error, { changes }) => {
      if (!isProblem(error) || error.code !== 'version_conflict') {
        host.onRefused(error)
        return
      }
      setConflict({ problem: error, changes, current: await host.reload() })
    },
  })
  const isElsewhere =
    isProblem(mutation.error) &&
    (mutation.error.fields.length > 0 || mutation.error.code === 'version_conflict')
  const dialog = conflict && (
    <ConflictDialog
      problem={conflict.problem}
      theirs={host.pick(conflict.current, conflict.changes)}
      mine={conflict.changes}
      isBusy={mutation.isPending}
      onReload={() => {
        setBase(conflict.current)
        setConflict(null)
        mutation.reset()
        host.onTheirs(conflict.current)
      }}
      onReapply={() => {
        setBase(conflict.current)
        setConflict(null)
        mutation.mutate({ on: conflict.current, changes: conflict.changes })
      }}
    />
  )
  return {
    base,
    save: (changes) => mutation.mutate({ on: base, changes }),
    isBusy: mutation.isPending,
    error: isElsewhere ? null : mutation.error,
    dialog,
  }
}
