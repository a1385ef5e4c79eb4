import { useMutation, useQueryClient } from '@tanstack/react-query'
import { Button, Form, Input, Segmented, Select, Switch } from 'antd'
import { useTranslation } from 'react-i18next'
import { useMe } from '../../../api/session'
import type { Preferences } from '../../../api/types'
import { asLanguage, showLanguage } from '../../../i18n/index'
import { Card } from '../../../ui/card'
import { LANGUAGE_OPTIONS, zoneOptions } from '../../../ui/form/locale-options'
import { showServerErrors } from '../../../ui/form/server-errors'
import { problemSentence } from '../../../ui/problem-text'
import { chooseLook } from '../../../ui/theme-choice'
import { preferencesMutation } from '../queries'
import { notify } from '../../../ui/notify'

export function ProfileCard() {
  const { t } = useTranslation()
  const me = useMe()
  const client = useQueryClient()
  const [form] = Form.useForm<Preferences>()
  const save = useMutation({
    ...preferencesMutation,
    onSuccess: async (saved) => {
      chooseLook({ theme: saved.user.theme, density: saved.user.density })
      await showLanguage(asLanguage(saved.user.locale) ?? 'en')
      await client.invalidateQueries({ queryKey: ['me'] })
      notify.done(t('account:saved'))
    },
    onError: (error) => {
      if (!showServerErrors(form, error, t)) notify.failed(problemSentence(error, t))
    },
  })
  const { user } = me
  const initial = {
    display_name: user.display_name,
    locale: user.locale,
    tz: me.tz,
    theme: user.theme,
    density: user.density,
    shortcuts: user.shortcuts,
  }
  return (
    <Card title={t('account:profile.title')} hint={user.email}>
      <Form<Preferences>
        // The header's own buttons change language and theme too: start again from what is saved.
        key={`${user.locale} ${user.theme}`}
        form={form}
        layout="vertical"
        requiredMark={false}
        className="settings-form"
        initialValues={initial}
        onFinish={(values) => save.mutate(values)}
      >
        <Form.Item name="display_name" label={t('account:profile.name')}>
          <Input autoComplete="name" maxLength={120} />
        </Form.Item>
        <div className="two">
          <Form.Item name="locale" label={t('account:profile.language')}>
            <Select options={LANGUAGE_OPTIONS} />
          </Form.Item>
          <Form.Item name="tz" label={t('account:profile.zone')}>
            <Select showSearch options={zoneOptions(me.tz)} />
          </Form.Item>
        </div>
        <div className="two">
          <Form.Item name="theme" label={t('account:profile.theme')}>
            <Segmented
              block
              options={[
                { value: 'system', label: t('account:profile.theme_system') },
                { value: 'light', label: t('account:profile.theme_light') },
                { value: 'dark', label: t('account:profile.theme_dark') },
              ]}
            />
          </Form.Item>
          <Form.Item name="density" label={t('account:profile.density')}>
            <Segmented
              block
              options={[
                { value: 'compact', label: t('account:profile.compact') },
                { value: 'comfortable', label: t('account:profile.comfortable') },
              ]}
            />
          </Form.Item>
        </div>
        <Form.Item
          name="shortcuts"
          valuePropName="checked"
          label={t('account:profile.shortcuts')}
          extra={t('account:profile.shortcuts_hint')}
        >
          <Switch />
        </Form.Item>
        <Button type="primary" htmlType="submit" loading={save.isPending}>
          {t('common:save')}
        </Button>
      </Form>
    </Card>
  )
}
