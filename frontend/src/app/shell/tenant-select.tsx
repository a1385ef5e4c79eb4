import { DownOutlined } from '@ant-design/icons'
import { Button, Dropdown } from 'antd'
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
  const items = known.map(({ slug, name }) => ({ key: slug, label: name }))
  return (
    <Dropdown
      trigger={['click']}
      menu={{ items, selectedKeys: [tenant.slug], onClick: ({ key }) => void go(`/t/${key}`) }}
    >
      <Button type="text" className="tenant" aria-label={t('shell:tenant', { name: tenant.name })}>
        <span className="clip">{tenant.name}</span>
        <DownOutlined className="tenant-arrow" />
      </Button>
    </Dropdown>
  )
}
