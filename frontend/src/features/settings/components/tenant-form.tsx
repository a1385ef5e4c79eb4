import { useMutation, useQueryClient } from '@tanstack/react-query'
import { Button, Form } from 'antd'
import { useState, type ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { isProblem, type Problem } from '../../../api/problem'
import { useTenantSlug } from '../../../api/session'
import type { Tenant, TenantWrite } from '../../../api/types'
import { ConflictDialog } from '../../../ui/conflict-dialog'
import { showServerErrors } from '../../../ui/form/server-errors'
import { problemSentence } from '../../../ui/problem-text'
import { useOnline } from '../../../ui/use-online'
import { saveTenantMutation, tenantQuery } from '../queries'
import { notify } from '../../../ui/notify'

export type SettingName =
  | 'name'
  | 'reporting_tz'
  | 'week_start'
  | 'locale'
  | 'currency'
  | 'vault'
  | 'foreign_reasoning'
  | 'mfa_policy'
  | 'session_hours'

interface Props {
  loaded: Tenant
  fields: readonly SettingName[]
  children: ReactNode
}

interface Conflict {
  problem: Problem
  changes: TenantWrite
  current: Tenant
}

function pick(tenant: Tenant, fields: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(fields.map((name) => [name, tenant[name as keyof Tenant]]))
}

/** A part of the tenant's settings: sends what changed, and asks when somebody else saved first. */
export function TenantForm({ loaded, fields, children }: Props) {
  const { t } = useTranslation()
  const client = useQueryClient()
  const slug = useTenantSlug()
  const isOnline = useOnline()
  const [form] = Form.useForm<Record<string, unknown>>()
  const [base, setBase] = useState(loaded)
  const [conflict, setConflict] = useState<Conflict | null>(null)
  const save = useMutation({
    ...saveTenantMutation,
    onSuccess: (tenant) => {
      client.setQueryData(tenantQuery(slug).queryKey, tenant)
      setBase(tenant)
      form.setFieldsValue(pick(tenant, fields))
      void client.invalidateQueries({ queryKey: ['me'] })
      notify.done(t('settings:saved'))
    },
    onError: async (error, { changes }) => {
      if (!isProblem(error) || error.code !== 'version_conflict') {
        showServerErrors(form, error, t)
        return
      }
      const current = await client.query({ ...tenantQuery(slug), staleTime: 0 })
      setConflict({ problem: error, changes, current })
    },
  })
  const submit = (values: Record<string, unknown>) => {
    const before = pick(base, fields)
    const changes = Object.fromEntries(
      Object.entries(values).filter(([name, value]) => value !== before[name]),
    )
    if (Object.keys(changes).length > 0) save.mutate({ version: base.version, changes })
  }
  const isElsewhere =
    isProblem(save.error) && (save.error.fields.length > 0 || save.error.code === 'version_conflict')
  return (
    <Form
      form={form}
      layout="vertical"
      requiredMark={false}
      className="settings-form"
      initialValues={pick(base, fields)}
      scrollToFirstError={{ focus: true }}
      onFinish={submit}
    >
      {children}
      {save.isError && !isElsewhere && (
        <p className="form-error" role="alert">
          {problemSentence(save.error, t)}
        </p>
      )}
      <Button type="primary" htmlType="submit" loading={save.isPending} disabled={!isOnline}>
        {t('common:save')}
      </Button>
      {conflict && (
        <ConflictDialog
          problem={conflict.problem}
          theirs={pick(conflict.current, Object.keys(conflict.changes))}
          mine={conflict.changes}
          isBusy={save.isPending}
          onReload={() => {
            setBase(conflict.current)
            form.setFieldsValue(pick(conflict.current, fields))
            setConflict(null)
            save.reset()
          }}
          onReapply={() => {
            setBase(conflict.current)
            setConflict(null)
            save.mutate({ version: conflict.current.version, changes: conflict.changes })
          }}
        />
      )}
    </Form>
  )
}
