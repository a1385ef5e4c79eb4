// All texts of one language, fetched together.
import account from './locales/en/account.json'
import audit from './locales/en/audit.json'
import auth from './locales/en/auth.json'
import common from './locales/en/common.json'
import errors from './locales/en/errors.json'
import keys from './locales/en/keys.json'
import members from './locales/en/members.json'
import onboarding from './locales/en/onboarding.json'
import settings from './locales/en/settings.json'
import shell from './locales/en/shell.json'

export const texts = { account, audit, auth, common, errors, keys, members, onboarding, settings, shell }
