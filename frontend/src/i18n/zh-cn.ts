// All texts of one language, fetched together.
import account from './locales/zh-CN/account.json'
import audit from './locales/zh-CN/audit.json'
import auth from './locales/zh-CN/auth.json'
import common from './locales/zh-CN/common.json'
import errors from './locales/zh-CN/errors.json'
import keys from './locales/zh-CN/keys.json'
import members from './locales/zh-CN/members.json'
import onboarding from './locales/zh-CN/onboarding.json'
import settings from './locales/zh-CN/settings.json'
import shell from './locales/zh-CN/shell.json'

export const texts = { account, audit, auth, common, errors, keys, members, onboarding, settings, shell }
