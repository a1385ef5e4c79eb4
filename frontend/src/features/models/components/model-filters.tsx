import { Select } from 'antd'
import { useTranslation } from 'react-i18next'
import { FilterBar } from '../../../ui/filter-bar'

interface Values {
  q?: string | undefined
  provider?: string | undefined
  priced?: string | undefined
}

interface Props {
  values: Values
  providers: { value: string; label: string }[]
  set: (changes: Values) => void
}

export function ModelFilters({ values, providers, set }: Props) {
  const { t } = useTranslation()
  const { q, provider, priced } = values
  return (
    <FilterBar
      search={{ value: q ?? '', placeholder: t('models:search'), onChange: (text) => set({ q: text }) }}
      activeCount={[q, provider, priced].filter((value) => value !== undefined).length}
      onClear={() => set({ q: undefined, provider: undefined, priced: undefined })}
    >
      <Select
        allowClear
        className="filter-select"
        aria-label={t('models:column.provider')}
        placeholder={t('models:column.provider')}
        value={provider ?? null}
        options={providers}
        onChange={(next: string | null) => set({ provider: next ?? undefined })}
      />
      <Select
        allowClear
        className="filter-select"
        aria-label={t('models:column.price')}
        placeholder={t('models:column.price')}
        value={priced ?? null}
        options={[
          { value: 'yes', label: t('models:filter.priced') },
          { value: 'no', label: t('models:filter.unpriced') },
        ]}
        onChange={(next: string | null) => set({ priced: next ?? undefined })}
      />
    </FilterBar>
  )
}
