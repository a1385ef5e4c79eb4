// What somebody typed when their session ended, kept in memory and given back to the same person only (CO-13).
interface Draft {
  user: string
  values: object
}

const drafts = new Map<string, Draft>()

export function keepDraft(name: string, user: string, values: object): void {
  drafts.set(name, { user, values })
}

export function draftOf(name: string, user: string): object | null {
  const draft = drafts.get(name)
  return draft?.user === user ? draft.values : null
}

export function dropDraft(name: string): void {
  drafts.delete(name)
}

/** For whoever leaves on purpose: what was typed goes too. */
export function dropAllDrafts(): void {
  drafts.clear()
}
