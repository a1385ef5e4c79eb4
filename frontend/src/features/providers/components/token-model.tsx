import { Select } from 'antd'
import { useId } from 'react'
import { useTranslation } from 'react-i18next'

interface Props {
  names: string[]
  value: string | undefined
  onChange: (model: string | undefined) => void
}

/** The last step of a test costs one token, so the model is chosen by who pays for it. */
export function TokenModel({ names, value, onChange }: Props) {
  const { t } = useTranslation()
  const id = useId()
  if (names.length === 0) return null
  return (
    <div className="token-model">
      <label htmlFor={id} className="muted">
        {t('providers:test.token_from')}
      </label>
      <Select<string>
        id={id}
        allowClear
        showSearch
        className="filter-select"
        placeholder={t('providers:test.token_none')}
        value={value ?? null}
        options={names.map((name) => ({ value: name, label: name }))}
        onChange={(next: string | undefined) => onChange(next)}
      />
    </div>
  )
}
