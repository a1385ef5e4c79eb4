import AxeBuilder from '@axe-core/playwright'
import { expect, test, type Page } from '@playwright/test'
import { baseUrl, OWNER_STATE, recall } from './people'

// Each route once per run in a rotated theme and language; E2E_FULL=1 takes all four.
interface Look {
  theme: 'light' | 'dark'
  language: 'en' | 'zh-CN'
}

const LOOKS: readonly Look[] = [
  { theme: 'light', language: 'en' },
  { theme: 'dark', language: 'zh-CN' },
  { theme: 'light', language: 'zh-CN' },
  { theme: 'dark', language: 'en' },
]
const TAGS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa']
const PHONE = { width: 360, height: 800 }
const DESK = { width: 1440, height: 900 }
const PHONE_TARGET_PX = 43.5
const DAY_MS = 86_400_000
const UNTRANSLATED =
  /\b(?:account|audit|auth|common|cost|dialogs|errors|keys|members|models|onboarding|providers|requests|settings|shell):[a-z_]+\b/
const isFull = process.env['E2E_FULL'] === '1'
const rotation = Number(process.env['E2E_ROTATION'] ?? Math.floor(Date.now() / DAY_MS))

interface RouteCase {
  path: string
  /** Shown when the page has its data. */
  ready: string
  isPublic?: true
}

const ROUTES: readonly RouteCase[] = [
  { path: '/login', ready: '#email', isPublic: true },
  { path: '/setup', ready: 'h1', isPublic: true },
  { path: '/forgot', ready: 'h1', isPublic: true },
  { path: '/reset', ready: 'h1', isPublic: true },
  { path: '/accept-invite', ready: 'h1', isPublic: true },
  { path: '/docs/errors', ready: '[id=validation]', isPublic: true },
  { path: '/account', ready: '.session' },
  { path: '/t/:tenant/welcome', ready: '.or' },
  { path: '/t/:tenant/providers', ready: '.row-menu' },
  { path: '/t/:tenant/providers?q=nothing-has-this-name', ready: '.empty' },
  { path: '/t/:tenant/providers/new', ready: '.preset' },
  { path: '/t/:tenant/providers/new?preset=openai_compatible', ready: '.save-bar' },
  { path: '/t/:tenant/providers/:provider', ready: '.fact-list' },
  { path: '/t/:tenant/providers/:provider?tab=credentials', ready: '.card .row-menu' },
  { path: '/t/:tenant/providers/:provider?tab=models', ready: '.card .row-menu' },
  { path: '/t/:tenant/providers/:provider?tab=health', ready: '.card .status' },
  { path: '/t/:tenant/providers/:provider?tab=settings', ready: '.save-bar' },
  { path: '/t/:tenant/requests', ready: '.row-menu' },
  { path: '/t/:tenant/requests?q=nothing-has-this-name', ready: '.empty' },
  { path: '/t/:tenant/requests?open=:request', ready: '.req-drawer .receipt' },
  { path: '/t/:tenant/requests/:request', ready: '.receipt' },
  { path: '/t/:tenant/requests/:translated?tab=conversion', ready: '.sent-fields' },
  { path: '/t/:tenant/models', ready: '.row-menu' },
  { path: '/t/:tenant/models?q=nothing-has-this-name', ready: '.empty' },
  { path: '/t/:tenant/cost', ready: '.rank-list' },
  { path: '/t/:tenant/cost?view=table', ready: '.rank-list' },
  { path: '/t/:tenant/cost?tab=model', ready: '.spark' },
  { path: '/t/:tenant/dev/usage', ready: '.rank-list' },
  { path: '/t/:tenant/keys', ready: '.row-menu' },
  { path: '/t/:tenant/keys?create=1', ready: '.drawer-foot' },
  { path: '/t/:tenant/members', ready: '.row-menu' },
  { path: '/t/:tenant/members?tab=invites', ready: '.list-block .status' },
  { path: '/t/:tenant/members?tab=teams', ready: '.plain-list .link-cell' },
  { path: '/t/:tenant/audit', ready: '.link-cell' },
  { path: '/t/:tenant/settings', ready: '#name' },
  { path: '/t/:tenant/settings?tab=reasoning', ready: '#vault' },
  { path: '/t/:tenant/settings?tab=security', ready: '#session_hours' },
  { path: '/t/:tenant/dev/keys', ready: '.row-menu' },
  { path: '/t/:tenant/audit?q=nothing-has-this-name', ready: '.empty' },
]

async function wear(page: Page, look: Look): Promise<void> {
  await page.addInitScript(({ theme, language }) => {
    localStorage.setItem('switchyard.theme', theme)
    localStorage.setItem('switchyard.language', language)
  }, look)
}

/** The account's own look wins over the browser's: it is changed where it is kept. */
async function prefer(page: Page, { theme, language }: Look): Promise<void> {
  const boot = (await (await page.request.get(`${baseUrl()}/api/console/boot`)).json()) as { csrf: string }
  await page.request.patch(`${baseUrl()}/api/console/me`, {
    headers: { 'x-csrftoken': boot.csrf, origin: baseUrl() },
    data: { theme, locale: language },
  })
}

/** What fades in has no contrast yet; what pulses for ever is left to it. */
async function hasCome(page: Page): Promise<void> {
  await page.evaluate(() =>
    Promise.allSettled(
      document
        .getAnimations()
        .filter(({ effect }) => effect?.getComputedTiming().endTime !== Infinity)
        .map(({ finished }) => finished),
    ),
  )
}

async function hasNoSeriousFindings(page: Page): Promise<void> {
  await hasCome(page)
  const { violations } = await new AxeBuilder({ page }).withTags(TAGS).analyze()
  const serious = violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, nodes }) => `${id}: ${nodes.map(({ target }) => String(target)).join(' | ')}`)
  expect(serious).toEqual([])
}

async function fitsThePhone(page: Page): Promise<void> {
  await page.setViewportSize(PHONE)
  await expect
    .poll(() =>
      page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth),
    )
    .toBe(0)
  const small = () =>
    page.evaluate((least) => {
      const FRAMES = '.ant-select, .ant-picker, .ant-input-affix-wrapper, .ant-input-number, .ant-segmented'
      const seen = { visibilityProperty: true, opacityProperty: true }
      return [...document.querySelectorAll<HTMLElement>('button, [role=menuitem], input, textarea')]
        .filter((element) => element.checkVisibility(seen))
        .filter((element) => !element.closest('.off-screen, .sr-only, [aria-hidden=true], [role=switch]'))
        .filter((element) => !element.matches('.ant-input-clear-icon, .ant-select-clear'))
        .map((element) =>
          element.matches('input') ? (element.closest<HTMLElement>(FRAMES) ?? element) : element,
        )
        .filter((element) => element.getBoundingClientRect().height < least)
        .map((element) => element.outerHTML.slice(0, 160))
    }, PHONE_TARGET_PX)
  await expect.poll(small).toEqual([])
}

interface Group {
  look: Look
  isPublic: boolean
  routes: RouteCase[]
}

/** Routes that one browser context can visit one after the other: same look, same person. */
function groups(): Group[] {
  const found = new Map<string, Group>()
  for (const [index, route] of ROUTES.entries()) {
    const looks = isFull ? LOOKS : LOOKS.slice((index + rotation) % LOOKS.length).slice(0, 1)
    for (const look of looks) {
      const isPublic = route.isPublic === true
      const name = `${look.theme} ${look.language} ${isPublic}`
      const group = found.get(name) ?? { look, isPublic, routes: [] }
      group.routes.push(route)
      found.set(name, group)
    }
  }
  return [...found.values()]
}

for (const { look, isPublic, routes } of groups()) {
  test.describe(`${look.theme}, ${look.language}, ${isPublic ? 'signed out' : 'signed in'}`, () => {
    let page: Page
    let complaints: string[] = []

    test.beforeAll(async ({ browser }) => {
      const context = await browser.newContext({
        viewport: DESK,
        timezoneId: 'Asia/Shanghai',
        ...(isPublic ? {} : { storageState: OWNER_STATE }),
      })
      page = await context.newPage()
      page.on('console', (message) => {
        // The browser itself reports an answer of 401 to somebody who is not signed in.
        if (message.type() === 'error' && !message.text().includes('401')) complaints.push(message.text())
      })
      page.on('pageerror', (error) => complaints.push(error.message))
      await wear(page, look)
      if (!isPublic) await prefer(page, look)
    })
    test.afterAll(() => page.context().close())

    for (const route of routes) {
      test(route.path, async () => {
        complaints = []
        await page.setViewportSize(DESK)
        const { tenant, provider, request, translated } = recall()
        const places = { tenant, provider, request, translated }
        const path = route.path.replace(
          /:(tenant|provider|request|translated)\b/g,
          (_, name: keyof typeof places) => places[name],
        )
        await page.goto(baseUrl() + path)
        await page.locator(route.ready).first().waitFor()
        await expect(page.locator('html')).toHaveAttribute('lang', look.language)
        await expect(page.locator('html')).toHaveAttribute('data-theme', look.theme)
        await expect(page.locator('body')).not.toContainText(UNTRANSLATED)
        await hasNoSeriousFindings(page)
        await fitsThePhone(page)
        expect(complaints).toEqual([])
      })
    }
  })
}
