import { Select } from 'antd'
import { useTranslation } from 'react-i18next'
import { FilterBar } from '../../../ui/filter-bar'
import { useIsMobile } from '../../../ui/use-media'
import { SORTS, type ListFilter } from '../provider-list'
import { PROVIDER_LOOK } from '../provider-state'

interface Props {
  filter: ListFilter
  sort: string | undefined
  kinds: { value: string; label: string }[]
  set: (changes: Record<string, string | undefined>) => void
}

const NO_FILTER = { q: undefined, kind: undefined, status: undefined, scope: undefined }

export function ProviderFilters({ filter, sort, kinds, set }: Props) {
  const { t } = useTranslation()
  const isMobile = useIsMobile()
  const statuses = Object.entries(PROVIDER_LOOK).map(([value, look]) => ({ value, label: t(look.text) }))
  const scopes = [
    { value: 'own', label: t('providers:scope.own') },
    { value: 'platform', label: t('providers:scope.platform') },
  ]
  const sorts = SORTS.map((key) => ({
    value: key,
    label: t('providers:sort.by', { column: t(SORT_TEXTS[key]) }),
  }))
  const selects = [
    { name: 'status', label: t('providers:column.status'), options: statuses, value: filter.status },
    { name: 'kind', label: t('providers:column.kind'), options: kinds, value: filter.kind },
    { name: 'scope', label: t('providers:scope.label'), options: scopes, value: filter.scope },
  ]
  return (
    <FilterBar
      search={{
        value: filter.q ?? '',
        placeholder: t('providers:search'),
        onChange: (q) => set({ q }),
      }}
      activeCount={Object.values(filter).filter((value) => value !== undefined).length}
      onClear={() => set(NO_FILTER)}
    >
      {selects.map(({ name, label, options, value }) => (
        <Select
          key={name}
          allowClear
          className="filter-select"
          aria-label={label}
          placeholder={label}
          value={value ?? null}
          options={options}
          onChange={(next: string | null) => set({ [name]: next ?? undefined })}
        />
      ))}
      {isMobile && (
        <Select
          className="filter-select"
          aria-label={t('providers:sort.label')}
          value={sort ?? 'name'}
          options={sorts}
          onChange={(next: string) => set({ sort: next === 'name' ? undefined : next })}
        />
      )}
    </FilterBar>
  )
}

const SORT_TEXTS = {
  name: 'providers:column.name',
  kind: 'providers:column.kind',
  status: 'providers:column.status',
  models: 'providers:column.models',
  credentials: 'providers:column.credentials',
} as const
