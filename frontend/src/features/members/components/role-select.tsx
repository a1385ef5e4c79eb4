import { Select, type SelectProps } from 'antd'
import { useTranslation } from 'react-i18next'
import { useMe } from '../../../api/session'
import type { Role } from '../../../api/types'
import { assignableRoles, ROLES } from '../roles'

/** Roles this person may give, each with what it can do. */
export function RoleSelect(props: SelectProps<Role>) {
  const { t } = useTranslation()
  const me = useMe()
  const roles = assignableRoles({ role: me.role, isSuperadmin: me.user.is_superadmin })
  return (
    <Select<Role>
      {...props}
      options={roles.map((role) => ({ value: role, label: t(ROLES[role].text), hint: t(ROLES[role].hint) }))}
      optionRender={(option) => (
        <span className="option-two">
          {option.label}
          <span className="muted small">{(option.data as { hint?: string }).hint}</span>
        </span>
      )}
      popupMatchSelectWidth={false}
    />
  )
}
