import { useTranslation } from 'react-i18next'
import { host, type Choice } from '../../../api/vendors'
import { Monogram } from './provider-words'

/** A back-end to choose: tile, name, host. */
export function PresetTile({ choice, onChoose }: { choice: Choice; onChoose: (choice: Choice) => void }) {
  const { t } = useTranslation()
  const note =
    choice.kind === 'mock'
      ? t('providers:preset.mock')
      : host(choice.base_url) || t('providers:preset.any_url')
  return (
    <button type="button" className="preset" onClick={() => onChoose(choice)}>
      <Monogram name={choice.label} />
      <span className="provider-name">
        <b className="clip">{choice.label}</b>
        <span className="muted small clip">{note}</span>
      </span>
    </button>
  )
}
