import { Button, Form, Select, type FormInstance } from 'antd'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { asLanguage, showLanguage } from '../../../i18n/index'
import { CURRENCIES, LANGUAGE_OPTIONS, zoneOptions } from '../../../ui/form/locale-options'
import type { SetupValues } from '../queries'

/** Language, zone and currency as the browser says, in one line; opened only by who wants to change them. */
export function LocaleLine({ form, initial }: { form: FormInstance<SetupValues>; initial: SetupValues }) {
  const { t } = useTranslation()
  const [isOpen, setOpen] = useState(false)
  const values = { ...initial, ...Form.useWatch([], form) }
  const language = LANGUAGE_OPTIONS.find(({ value }) => value === values.locale)?.label ?? values.locale
  return (
    <>
      {!isOpen && (
        <p className="setup-line">
          {`${language}, ${values.tz}, ${values.currency}. `}
          <Button type="link" size="small" onClick={() => setOpen(true)}>
            {t('onboarding:setup.change')}
          </Button>
        </p>
      )}
      <div className="locale-fields" hidden={!isOpen}>
        <Form.Item name="locale" label={t('onboarding:setup.language')}>
          <Select
            options={LANGUAGE_OPTIONS}
            onChange={(value: string) => void showLanguage(asLanguage(value) ?? 'en')}
          />
        </Form.Item>
        <Form.Item name="tz" label={t('onboarding:setup.zone')}>
          <Select showSearch options={zoneOptions(initial.tz)} />
        </Form.Item>
        <Form.Item name="currency" label={t('onboarding:setup.currency')}>
          <Select showSearch options={CURRENCIES.map((value) => ({ value, label: value }))} />
        </Form.Item>
      </div>
    </>
  )
}
