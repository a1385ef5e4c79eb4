import { Button } from 'antd'
import { useTranslation } from 'react-i18next'
import { RowMenu, type RowAction } from '../../../ui/row-menu'
import type { CatalogModel } from '../types'
import { ModelName, ModelState } from './model-columns'
import { PriceSource } from './price-source'
import { Rate } from './rate'
import { UnpricedTag } from './unpriced'

interface Props {
  row: CatalogModel
  open: (row: CatalogModel) => void
  price: (() => void) | null
  actions: RowAction[]
}

export function ModelCard({ row, open, price, actions }: Props) {
  const { t } = useTranslation()
  return (
    <>
      <div className="row-card-head">
        <ModelName row={row} open={open} />
        <RowMenu label={t('models:actions_for', { name: row.public_name })} actions={actions} />
      </div>
      <div className="row-card-line">
        <span className="muted clip">{row.provider.name}</span>
        <ModelState row={row} t={t} />
      </div>
      {row.price ? (
        <>
          <div className="row-card-line small">
            {(['in', 'cached', 'out'] as const).map((name) => (
              <span key={name}>
                <span className="muted">{t(RATES[name])}</span> <Rate rate={row.price?.[name]} />
              </span>
            ))}
          </div>
          <span className="small">
            <PriceSource price={row.price} />
          </span>
        </>
      ) : (
        <UnpricedTag row={row} />
      )}
      {price && (
        <div className="row-card-actions">
          <Button onClick={price}>{t('models:price_it')}</Button>
        </div>
      )}
    </>
  )
}

const RATES = { in: 'models:column.in', cached: 'models:column.cached', out: 'models:column.out' } as const
