import { FilterOutlined } from '@ant-design/icons'
import { useQuery } from '@tanstack/react-query'
import { Button, Popover, Select, Tag } from 'antd'
import { memo, useMemo } from 'react'
import { useTranslation } from 'react-i18next'
import { useAllowed, useTenantSlug } from '../../../api/session'
import { KEYS_ANY, KEYS_OWN, PROVIDERS_ANY } from '../../../app/capabilities'
import { SearchBox } from '../../../ui/filter-bar'
import { isRelative, turned, valuesOf, withValues, without, withPair, STATUS_CHOICES } from '../filters'
import { isNegated, type Pair } from '../filters'
import { keyChoicesQuery, providerChoicesQuery } from '../queries'
import type { RequestRow } from '../types'
import type { RequestsUrl } from '../use-requests-url'
import { FilterBuilder } from './filter-builder'
import { pairText, valueText } from './filter-words'
import { periodText } from './period-text'
import { useZone } from '../../../ui/use-zone'

/** Shown by a box of their own; of the rest each filter is a chip. */
const BOXED = new Set(['q', 'status', 'served_model', 'provider', 'key'])

interface Props {
  url: RequestsUrl
  /** Names that have been seen, one per line: rows come each moment, other models rarely. */
  models: string
}

/** The served models among the rows. */
export const modelsOf = (rows: readonly RequestRow[]): string =>
  [...new Set(rows.map(({ served_model }) => served_model).filter(Boolean))].sort().join('\n')

interface Choice {
  value: string
  label: string
}

function useFilterChoices() {
  const tenant = useTenantSlug()
  const mayKeys = useAllowed([...KEYS_ANY, ...KEYS_OWN])
  const mayProviders = useAllowed(PROVIDERS_ANY)
  const keys = useQuery({ ...keyChoicesQuery(tenant), enabled: mayKeys })
  const providers = useQuery({ ...providerChoicesQuery(tenant), enabled: mayProviders })
  const names = useMemo(
    () =>
      new Map([...(keys.data ?? []), ...(providers.data ?? [])].map(({ value, label }) => [value, label])),
    [keys.data, providers.data],
  )
  return { keys: keys.data ?? [], providers: providers.data ?? [], names }
}

/** The boxes in the row above the list; a phone has them in a sheet. */
export const FilterBoxes = memo(function FilterBoxes({ url, models }: Props) {
  const { t } = useTranslation()
  const { pairs } = url.filter
  const { keys, providers } = useFilterChoices()
  const seen = models ? models.split('\n').map((value) => ({ value, label: value })) : []
  const statuses = STATUS_CHOICES.map((value) => ({ value, label: valueText('status', value, t) }))
  const boxes: [name: string, label: string, options: readonly Choice[], isFree: boolean][] = [
    ['status', t('requests:field.status'), statuses, false],
    ['served_model', t('requests:field.model'), seen, true],
    ['provider', t('requests:field.provider'), providers, true],
    ['key', t('requests:field.key'), keys, true],
  ]
  return boxes.map(([name, label, options, isFree]) => (
    <Select
      key={name}
      className="filter-box"
      mode={isFree ? 'tags' : 'multiple'}
      aria-label={label}
      placeholder={label}
      allowClear
      maxTagCount={0}
      maxTagPlaceholder={(chosen) => (chosen.length === 1 ? chosen[0]?.label : `${label} (${chosen.length})`)}
      popupMatchSelectWidth={240}
      showSearch={{ optionFilterProp: 'label' }}
      value={valuesOf(pairs, name)}
      options={[...options]}
      onChange={(values: string[]) => url.setPairs((all) => withValues(all, name, values))}
    />
  ))
})

export function FilterSearch({ url }: { url: RequestsUrl }) {
  const { t } = useTranslation()
  return (
    <SearchBox
      value={valuesOf(url.filter.pairs, 'q')[0] ?? ''}
      placeholder={t('requests:search')}
      onChange={(text) => url.setPairs((pairs) => withValues(pairs, 'q', text ? [text] : []))}
    />
  )
}

/** What holds beside the boxes: a click turns it round, the cross takes it away. */
export const FilterChips = memo(function FilterChips({ url }: Pick<Props, 'url'>) {
  const { t } = useTranslation()
  const zone = useZone()
  const { names } = useFilterChoices()
  const { pairs, period } = url.filter
  const chips = pairs.filter(([name]) => !BOXED.has(name))
  const turn = (pair: Pair) => isNegated(pair[0]) || !pair[0].endsWith('_gte')
  return (
    <>
      {!isRelative(period) && (
        <Tag
          closable
          variant="outlined"
          className="filter-tag"
          onClose={() => url.setPeriod({ range: '1h' })}
        >
          {periodText(period, zone)}
        </Tag>
      )}
      {chips.map((pair) => (
        <Tag
          key={pair.join('=')}
          closable
          variant="outlined"
          className="filter-tag"
          onClose={() => url.setPairs((all) => without(all, pair))}
        >
          {turn(pair) && !['stream', 'fallback'].includes(pair[0]) ? (
            <button
              type="button"
              className="chip-turn"
              title={t('requests:chip.turn')}
              onClick={() => url.setPairs((all) => turned(all, pair))}
            >
              {pairText(pair, t, names)}
            </button>
          ) : (
            pairText(pair, t, names)
          )}
        </Tag>
      ))}
    </>
  )
})

export function MoreFilters({ url }: { url: RequestsUrl }) {
  const { t } = useTranslation()
  const add = (pair: Pair) => url.setPairs((pairs) => withPair(pairs, pair))
  return (
    <Popover trigger="click" placement="bottomLeft" content={<FilterBuilder onAdd={add} />}>
      <Button icon={<FilterOutlined />}>{t('requests:more_filters')}</Button>
    </Popover>
  )
}
