import { useQueryClient } from '@tanstack/react-query'
import { Dropdown, type MenuProps } from 'antd'
import { useTranslation } from 'react-i18next'
import { useNavigate } from 'react-router'
import { dropAllDrafts } from '../../ui/form/drafts'
import { forgetSession, useMe } from '../../api/session'
import { openShortcutList } from '../shortcuts'

function initial(name: string): string {
  return (Array.from(name.trim())[0] ?? '?').toUpperCase()
}

export function UserMenu() {
  const { t } = useTranslation()
  const me = useMe()
  const go = useNavigate()
  const client = useQueryClient()
  const name = me.user.display_name || me.user.email
  const leave = async () => {
    // Fetched when somebody leaves: what signs in and out is no part of the first load.
    const { signOut } = await import('../../api/auth')
    await signOut()
    dropAllDrafts()
    await go('/login')
    forgetSession(client)
  }
  const actions: Record<string, () => void> = {
    account: () => void go('/account'),
    shortcuts: openShortcutList,
    admin: () => window.location.assign('/admin/'),
    leave: () => void leave(),
  }
  const items: MenuProps['items'] = [
    { key: 'who', type: 'group', label: me.user.email },
    { key: 'account', label: t('shell:user.account') },
    ...(me.user.shortcuts ? [{ key: 'shortcuts', label: t('shell:user.shortcuts') }] : []),
    ...(me.user.is_superadmin && me.features['django_admin'] === true
      ? [{ key: 'admin', label: t('shell:user.admin') }]
      : []),
    { type: 'divider' },
    { key: 'leave', label: t('shell:user.sign_out') },
  ]
  return (
    <Dropdown
      menu={{ items, onClick: ({ key }) => actions[key]?.() }}
      trigger={['click']}
      placement="bottomRight"
    >
      <button type="button" className="avatar-button" aria-label={t('shell:user.menu', { name })}>
        <span className="avatar" aria-hidden="true">
          {initial(name)}
        </span>
      </button>
    </Dropdown>
  )
}
