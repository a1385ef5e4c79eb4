import { useQuery } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import * as z from 'zod/mini'
import { Card } from '../../../ui/card'
import { Loading } from '../../../ui/loading'
import { PageHeader } from '../../../ui/page-header'
import { ProblemView } from '../../../ui/problem'
import { useUrlState } from '../../../ui/url-state'
import { useState } from 'react'
import { AddProvider } from '../components/add-provider'
import { PresetGallery } from '../components/preset-gallery'
import { Step } from '../components/step'
import { choices, type Choice, kindsQuery, presetsQuery } from '../../../api/vendors'

const ADD_URL = { preset: z.string().check(z.regex(/^[a-z0-9_-]{1,60}$/)) } as const

/** From a vendor's name to models that can be asked for, on one page. */
export function AddProviderPage() {
  const { t } = useTranslation()
  const url = useUrlState(ADD_URL)
  const kinds = useQuery(kindsQuery)
  const presets = useQuery(presetsQuery)
  const [pasted, setPasted] = useState('')
  const error = kinds.error ?? presets.error
  const isRead = kinds.data !== undefined && presets.data !== undefined
  const all = isRead ? choices(kinds.data, presets.data) : []
  const choice = all.find(({ id }) => id === url.values.preset)
  const kind = kinds.data?.find((entry) => entry.kind === choice?.kind)
  const choose = (next: Choice | undefined, secret = '') => {
    setPasted(secret)
    url.set({ preset: next?.id })
  }
  return (
    <>
      <PageHeader title={t('providers:add_page.title')} summary={t('providers:add_page.summary')} />
      {!isRead ? (
        <Card>
          {error ? (
            <ProblemView
              error={error}
              title={t('providers:add_page.unread')}
              onRetry={() => {
                void kinds.refetch()
                void presets.refetch()
              }}
            />
          ) : (
            <Loading />
          )}
        </Card>
      ) : choice && kind ? (
        <AddProvider
          key={choice.id}
          choice={choice}
          kind={kind}
          all={all}
          pasted={pasted}
          onChoose={choose}
        />
      ) : (
        <ol className="steps">
          <Step number={1} title={t('providers:step.kind')} state="now">
            <PresetGallery all={all} onChoose={choose} />
          </Step>
          {['connection', 'test', 'models'].map((name, place) => (
            <Step key={name} number={place + 2} title={t(LATER[place] ?? '')} state="later">
              {null}
            </Step>
          ))}
        </ol>
      )}
    </>
  )
}

const LATER = ['providers:step.connection', 'providers:step.test', 'providers:step.models']
