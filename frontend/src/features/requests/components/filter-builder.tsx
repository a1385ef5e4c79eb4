import { Button, Input, Select } from 'antd'
import { useState, type SubmitEvent } from 'react'
import { useTranslation } from 'react-i18next'
import { CHOICES, FIELDS, isSingle, isThreshold, isValid, type Pair } from '../filters'
import { FIELD_TEXTS, valueText } from './filter-words'

/** Any filter the server knows, one at a time: field, is or is not, value. */
export function FilterBuilder({ onAdd }: { onAdd: (pair: Pair) => void }) {
  const { t } = useTranslation()
  const [field, setField] = useState('source')
  const [isNot, setNot] = useState(false)
  const [value, setValue] = useState('')
  const choices = CHOICES[field]
  const pair: Pair = [isNot && !isSingle(field) ? `not.${field}` : field, value.trim()]
  const isReady = isValid(pair)
  const add = (event: SubmitEvent) => {
    event.preventDefault()
    if (!isReady) return
    onAdd(pair)
    setValue('')
  }
  return (
    <form className="filter-builder" onSubmit={add}>
      <Select
        aria-label={t('requests:builder.field')}
        value={field}
        showSearch={{ optionFilterProp: 'label' }}
        options={FIELDS.map((name) => ({ value: name, label: t(FIELD_TEXTS[name] ?? name) }))}
        onChange={(next: string) => {
          setField(next)
          setValue('')
        }}
      />
      {isThreshold(field) ? (
        <span className="muted">{t('requests:builder.at_least')}</span>
      ) : (
        <Select
          aria-label={t('requests:builder.how')}
          disabled={isSingle(field)}
          value={isNot && !isSingle(field) ? 'not' : 'is'}
          options={[
            { value: 'is', label: t('requests:builder.is') },
            { value: 'not', label: t('requests:builder.is_not') },
          ]}
          onChange={(how: string) => setNot(how === 'not')}
        />
      )}
      {choices ? (
        <Select
          aria-label={t('requests:builder.value')}
          placeholder={t('requests:builder.value')}
          value={value || null}
          options={choices.map((choice) => ({ value: choice, label: valueText(field, choice, t) }))}
          onChange={(next: string) => setValue(next)}
        />
      ) : (
        <Input
          aria-label={t('requests:builder.value')}
          placeholder={t(PLACEHOLDERS[field] ?? 'requests:builder.value')}
          value={value}
          onChange={(event) => setValue(event.target.value)}
        />
      )}
      <Button htmlType="submit" disabled={!isReady}>
        {t('requests:builder.add')}
      </Button>
    </form>
  )
}

const PLACEHOLDERS: Readonly<Record<string, string>> = {
  cost_gte: 'requests:builder.usd',
  latency_ms_gte: 'requests:builder.ms',
  tokens_gte: 'requests:builder.count',
}
