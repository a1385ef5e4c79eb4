import { useTranslation } from 'react-i18next'

type Values = Readonly<Record<string, unknown>>

interface Props {
  before: Values
  after: Values
  /** Column heads; "Before" and "After" unless told. */
  beforeTitle?: string
  afterTitle?: string
}

function show(value: unknown): string {
  if (value === undefined || value === null || value === '') return '—'
  if (typeof value === 'string') return value
  if (Array.isArray(value)) return value.length === 0 ? '—' : value.map(show).join(', ')
  return JSON.stringify(value)
}

/** Field by field, only what differs; both values as words, never colour alone. */
export function Diff({ before, after, beforeTitle, afterTitle }: Props) {
  const { t } = useTranslation()
  const fields = [...new Set([...Object.keys(before), ...Object.keys(after)])]
  if (fields.length === 0) return <p className="muted">{t('common:diff.none')}</p>
  return (
    <div className="diff-scroll">
      <table className="lines diff">
        <thead>
          <tr>
            <th scope="col">{t('common:diff.field')}</th>
            <th scope="col">{beforeTitle ?? t('common:diff.before')}</th>
            <th scope="col">{afterTitle ?? t('common:diff.after')}</th>
          </tr>
        </thead>
        <tbody>
          {fields.map((field) => (
            <tr key={field}>
              <th scope="row" className="mono">
                {field}
              </th>
              <td className="removed">{show(before[field])}</td>
              <td className="added">{show(after[field])}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}
