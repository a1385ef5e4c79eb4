import './app/nonce'
import { takeOneTimeToken } from './api/one-time-token'
import { startI18n, rememberedLanguage } from './i18n/index'
import './styles/base.css'
import './styles/kit.css'
import './styles/tables.css'
import './styles/dialogs.css'
import './styles/pages.css'
import './styles/providers.css'
import './styles/provider-tests.css'
import './styles/cost.css'
import './styles/models.css'
import './styles/requests.css'
import './styles/request-detail.css'

takeOneTimeToken()

async function start(): Promise<void> {
  const [{ mount }] = await Promise.all([import('./app/mount'), startI18n(rememberedLanguage())])
  mount()
}

void start()
