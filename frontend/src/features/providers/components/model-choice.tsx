import { PlusOutlined } from '@ant-design/icons'
import { Button, Checkbox, Input } from 'antd'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { ChosenModel } from '../connection'

interface Props {
  offered: string[]
  chosen: ChosenModel[]
  onChange: (chosen: ChosenModel[]) => void
}

const SHOWN = 50
/** So many one call may carry. */
const MOST = 200

/** Which of the vendor's models can be asked for, and by which name. */
export function ModelChoice({ offered, chosen, onChange }: Props) {
  const { t } = useTranslation()
  const [search, setSearch] = useState('')
  const [typed, setTyped] = useState('')
  const names = [
    ...new Set([
      ...chosen.map(({ upstream }) => upstream).filter((name) => !offered.includes(name)),
      ...offered,
    ]),
  ]
  const wanted = search.trim().toLowerCase()
  const fitting = names.filter((name) => name.toLowerCase().includes(wanted))
  const shown = fitting.slice(0, SHOWN)
  const isChosen = (name: string) => chosen.some(({ upstream }) => upstream === name)
  const take = (wantedNames: string[]) =>
    onChange(
      [
        ...chosen,
        ...wantedNames.filter((name) => !isChosen(name)).map((name) => ({ upstream: name, name })),
      ].slice(0, MOST),
    )
  const toggle = (name: string) =>
    isChosen(name) ? onChange(chosen.filter(({ upstream }) => upstream !== name)) : take([name])
  const rename = (upstream: string, name: string) =>
    onChange(chosen.map((model) => (model.upstream === upstream ? { upstream, name } : model)))
  const addTyped = () => {
    if (typed.trim() !== '') take([typed.trim()])
    setTyped('')
  }
  return (
    <div className="model-choice">
      {names.length > 0 && (
        <>
          <div className="model-tools">
            {names.length > 8 && (
              <Input
                className="search-box"
                allowClear
                aria-label={t('providers:models.search')}
                placeholder={t('providers:models.search')}
                value={search}
                onChange={(event) => setSearch(event.target.value)}
              />
            )}
            <span className="muted">
              {t('providers:models.chosen', { chosen: chosen.length, count: names.length })}
            </span>
            <span className="grow" />
            <Button size="small" onClick={() => take(fitting)}>
              {t('providers:models.take_all', { count: fitting.length })}
            </Button>
            <Button size="small" disabled={chosen.length === 0} onClick={() => onChange([])}>
              {t('providers:models.take_none')}
            </Button>
          </div>
          <div className="model-heads" aria-hidden="true">
            <span>{t('providers:model.upstream_name')}</span>
            <span>{t('providers:models.public_name')}</span>
          </div>
          <ul className="model-list">
            {shown.map((name) => (
              <ModelRow
                key={name}
                upstream={name}
                model={chosen.find(({ upstream }) => upstream === name)}
                toggle={() => toggle(name)}
                rename={(next) => rename(name, next)}
              />
            ))}
          </ul>
          {chosen.length === MOST && (
            <p className="muted small">{t('providers:models.limit', { most: MOST })}</p>
          )}
          {fitting.length > SHOWN && (
            <p className="muted small">{t('providers:models.cut', { count: fitting.length - SHOWN })}</p>
          )}
        </>
      )}
      <div className="inline-form bare">
        <Input
          className="mono-text"
          autoComplete="off"
          spellCheck={false}
          aria-label={t('providers:models.by_name')}
          placeholder={t('providers:models.by_name')}
          value={typed}
          onChange={(event) => setTyped(event.target.value)}
          onPressEnter={(event) => {
            event.preventDefault()
            addTyped()
          }}
        />
        <Button icon={<PlusOutlined />} disabled={typed.trim() === ''} onClick={addTyped}>
          {t('providers:models.add')}
        </Button>
      </div>
    </div>
  )
}

interface RowProps {
  upstream: string
  model: ChosenModel | undefined
  toggle: () => void
  rename: (name: string) => void
}

function ModelRow({ upstream, model, toggle, rename }: RowProps) {
  const { t } = useTranslation()
  return (
    <li>
      <Checkbox checked={model !== undefined} onChange={toggle}>
        <span className="mono">{upstream}</span>
      </Checkbox>
      {model && (
        <label className="public-name">
          <span className="muted small only-phone">{t('providers:models.public_name')}</span>
          <Input
            size="small"
            className="mono-text"
            spellCheck={false}
            autoComplete="off"
            value={model.name}
            aria-label={t('providers:models.public_name_of', { name: upstream })}
            onChange={(event) => rename(event.target.value)}
          />
        </label>
      )}
    </li>
  )
}
