import { Select } from 'antd'
import { useTranslation } from 'react-i18next'
import { useNavigate } from 'react-router'
import { useMe } from '../../api/session'

export function TenantSelect() {
  const { t } = useTranslation()
  const { tenants, tenant } = useMe()
  const go = useNavigate()
  if (!tenant) return null
  const known = tenants.some((entry) => entry.slug === tenant.slug) ? tenants : [tenant, ...tenants]
  if (known.length < 2) return <span className="tenant tenant-only clip">{tenant.name}</span>
  return (
    <Select
      className="tenant"
      variant="borderless"
      aria-label={t('shell:tenant')}
      value={tenant.slug}
      popupMatchSelectWidth={false}
      options={known.map(({ slug, name }) => ({ value: slug, label: name }))}
      onChange={(slug) => void go(`/t/${slug}`)}
    />
  )
}
