import type { FormInstance } from 'antd'
import type { TFunction } from 'i18next'
import { isProblem } from '../../api/problem'
import { fieldSentence } from '../problem-text'

/** Puts the server's field errors at their fields and the focus on the first; false when none belongs to this form. */
export function showServerErrors(form: FormInstance, error: unknown, t: TFunction): boolean {
  if (!isProblem(error)) return false
  const known = new Set(Object.keys(form.getFieldsValue(true) as Record<string, unknown>))
  const shown = error.fields
    .map((entry) => ({ name: entry.field.split(/[.[]/)[0] ?? '', text: fieldSentence(entry, t) }))
    .filter((entry) => known.has(entry.name) || form.getFieldInstance(entry.name) !== undefined)
  const first = shown[0]
  if (!first) return false
  form.setFields(shown.map(({ name, text }) => ({ name, errors: [text] })))
  form.scrollToField(first.name, { focus: true })
  return true
}
