import { SearchOutlined } from '@ant-design/icons'
import { Button, Input } from 'antd'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { found, guess, type Choice } from '../../../api/vendors'
import { PresetTile } from './preset-tile'

interface Props {
  all: Choice[]
  onChoose: (choice: Choice, secret: string) => void
}

const SHOWN = 12

/** Choose, search, or paste a key whose prefix says where it belongs. */
export function PresetGallery({ all, onChoose }: Props) {
  const { t } = useTranslation()
  const [search, setSearch] = useState('')
  const [key, setKey] = useState('')
  const [isWhole, setWhole] = useState(false)
  const guessed = guess(all, key)
  const fitting = key.trim() !== '' && guessed.length > 0 ? guessed : found(all, search)
  const bare = fitting.filter(({ source }) => source === undefined)
  const vendors = fitting.filter(({ source }) => source !== undefined)
  const isCut = !isWhole && search === '' && vendors.length > SHOWN
  const shown = [...(isCut ? vendors.slice(0, SHOWN) : vendors), ...bare]
  const choose = (choice: Choice) => onChoose(choice, key.trim())
  const paste = (text: string) => {
    setKey(text)
    const [only, ...others] = guess(all, text)
    if (only && others.length === 0) onChoose(only, text.trim())
  }
  const isUnknown = key.trim() !== '' && guessed.length === 0
  return (
    <>
      <div className="preset-search">
        <Input
          className="search-box"
          prefix={<SearchOutlined />}
          aria-label={t('providers:preset.search')}
          placeholder={t('providers:preset.search')}
          value={search}
          allowClear
          onChange={(event) => setSearch(event.target.value)}
        />
        <span className="muted">{t('providers:preset.or')}</span>
        <Input.Password
          className="key-box"
          autoComplete="off"
          aria-label={t('providers:preset.paste')}
          placeholder={t('providers:preset.paste')}
          value={key}
          onChange={(event) => paste(event.target.value)}
        />
      </div>
      {isUnknown && (
        <p className="note" role="status">
          {t('providers:preset.unknown_key')}
        </p>
      )}
      {shown.length === 0 ? (
        <p className="muted" role="status">
          {t('providers:preset.none', { search })}
        </p>
      ) : (
        <div className="presets">
          {shown.map((choice) => (
            <PresetTile key={choice.id} choice={choice} onChoose={choose} />
          ))}
        </div>
      )}
      {isCut && (
        <Button type="link" className="presets-more" onClick={() => setWhole(true)}>
          {t('providers:preset.more', { count: vendors.length - SHOWN })}
        </Button>
      )}
    </>
  )
}
