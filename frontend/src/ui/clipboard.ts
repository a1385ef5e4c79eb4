/** Copies without a secure context too: a selected, hidden text area and `execCommand` (CO-40). */
export async function copyText(text: string): Promise<boolean> {
  if (window.isSecureContext) {
    try {
      await navigator.clipboard.writeText(text)
      return true
    } catch {
      // The permission may be denied in a secure context; the old way still works.
    }
  }
  return copyBySelection(text)
}

function copyBySelection(text: string): boolean {
  const focused = document.activeElement
  const area = document.createElement('textarea')
  area.value = text
  area.setAttribute('readonly', '')
  area.className = 'off-screen'
  // Inside an open dialog: its focus trap would take the selection away from the body.
  const host = focused?.closest('[role="dialog"]') ?? document.body
  host.append(area)
  area.select()
  area.setSelectionRange(0, text.length)
  let copied = false
  try {
    // eslint-disable-next-line @typescript-eslint/no-deprecated -- the only way without a secure context
    copied = document.execCommand('copy')
  } finally {
    area.remove()
    if (focused instanceof HTMLElement) focused.focus()
  }
  return copied
}

/** Where no way of copying is allowed, the text is at least selected for Ctrl/Cmd-C. */
export function selectText(element: HTMLElement): void {
  const range = document.createRange()
  range.selectNodeContents(element)
  const selection = window.getSelection()
  selection?.removeAllRanges()
  selection?.addRange(range)
}
