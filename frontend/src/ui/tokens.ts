// Design tokens of the console: antd theme and status colours.
// Contrast: text and status colours >= 4.5:1 on card, page and sunken surfaces.
import { theme, type ThemeConfig } from 'antd'

export type Mode = 'light' | 'dark'
export type Density = 'compact' | 'comfortable'
export type Status = 'ok' | 'degraded' | 'down' | 'off' | 'pending' | 'cached' | 'blocked'

const fontSans =
  '-apple-system, BlinkMacSystemFont, "Segoe UI", Inter, Roboto, "Noto Sans", "PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", system-ui, sans-serif'
const fontMono =
  'ui-monospace, SFMono-Regular, "Cascadia Mono", "JetBrains Mono", "Noto Sans Mono", Menlo, Consolas, "Noto Sans CJK SC", monospace'

const surface = {
  light: {
    page: '#f6f7f9',
    card: '#ffffff',
    sunken: '#f6f7f9',
    hover: '#f0f4fb',
    line: '#e4e7ec',
    lineStrong: '#c9ced8',
    text: 'rgba(0,0,0,.88)',
    text2: 'rgba(0,0,0,.65)',
    brand: '#0958d9',
    brandSoft: '#eaf1fd',
    track: '#e4e7ec',
  },
  dark: {
    page: '#0c0d0f',
    card: '#141517',
    sunken: '#1a1c1f',
    hover: '#1c2027',
    line: '#2a2d32',
    lineStrong: '#43474f',
    text: 'rgba(255,255,255,.88)',
    text2: 'rgba(255,255,255,.7)',
    brand: '#65a9f3',
    brandSoft: '#15263d',
    track: '#2f3238',
  },
} as const

const status: Record<Mode, Record<Status, string>> = {
  light: {
    ok: '#237804',
    degraded: '#ad4e00',
    down: '#cf1322',
    off: '#5c6370',
    pending: '#0958d9',
    cached: '#531dab',
    blocked: '#434a57',
  },
  dark: {
    ok: '#6abe39',
    degraded: '#e8a33d',
    down: '#ff7875',
    off: '#a3a9b5',
    pending: '#65a9f3',
    cached: '#b98df0',
    blocked: '#c3c8d1',
  },
}

/** Of charts. Successful traffic is slate: errors must be the loudest thing in a picture. */
const series: Record<Mode, Record<string, string>> = {
  light: {
    other: '#7a828f',
    s1: '#0958d9',
    s2: '#c2410c',
    s3: '#172554',
    s4: '#059669',
    s5: '#422006',
    'tr-ok': '#7b8ba5',
    'tr-client': '#c2680c',
    'tr-upstream': '#cf1322',
    'tr-blocked': '#2b303a',
  },
  dark: {
    other: '#8b919c',
    s1: '#65a9f3',
    s2: '#fbbf24',
    s3: '#f43f5e',
    s4: '#e2e8f0',
    s5: '#7c3aed',
    'tr-ok': '#6f7f98',
    'tr-client': '#e8a33d',
    'tr-upstream': '#ff7875',
    'tr-blocked': '#e2e8f0',
  },
}

export function antdTheme(mode: Mode, density: Density): ThemeConfig {
  const s = surface[mode]
  const dark = mode === 'dark'
  const compact = density === 'compact'
  return {
    cssVar: { key: `sy-${mode}-${density}` },
    algorithm: [
      ...(dark ? [theme.darkAlgorithm] : [theme.defaultAlgorithm]),
      ...(compact ? [theme.compactAlgorithm] : []),
    ],
    token: {
      fontFamily: fontSans,
      fontFamilyCode: fontMono,
      fontSize: compact ? 16 : 14, // the compact algorithm subtracts 2: 14 px text either way

      borderRadius: 6,
      borderRadiusLG: 8,
      wireframe: false,
      motionDurationMid: '.12s',
      colorBgLayout: s.page,
      colorBgContainer: s.card,
      colorBorderSecondary: s.line,
      ...(dark ? { colorBgElevated: '#1a1c1f' } : {}),
      ...(dark
        ? {
            colorLink: '#65a9f3',
            colorLinkHover: '#8dc5f8',
            colorTextDescription: 'rgba(255,255,255,.7)',
            colorTextTertiary: 'rgba(255,255,255,.7)',
            colorTextPlaceholder: 'rgba(255,255,255,.6)',
          }
        : {
            colorPrimary: '#0958d9',
            colorLink: '#0958d9',
            colorLinkHover: '#003eb3',
            colorTextDescription: 'rgba(0,0,0,.65)',
            colorTextTertiary: 'rgba(0,0,0,.65)',
            colorTextPlaceholder: 'rgba(0,0,0,.6)',
            colorSuccess: '#237804',
            colorWarning: '#ad4e00',
            colorError: '#cf1322',
          }),
    },
    components: {
      Table: {
        fontSize: 13,
        cellPaddingBlockSM: compact ? 5 : 9,
        cellPaddingInlineSM: 8,
        headerBg: s.card,
        headerSplitColor: 'transparent',
        borderColor: s.line,
        rowHoverBg: s.hover,
        rowSelectedBg: s.brandSoft,
        rowSelectedHoverBg: s.brandSoft,
        headerColor: s.text2,
        bodySortBg: s.card,
        headerSortActiveBg: s.card,
        headerSortHoverBg: s.hover,
      },
      Menu: {
        itemHeight: 32,
        itemBorderRadius: 6,
        itemMarginInline: 8,
        activeBarBorderWidth: 0,
        itemBg: 'transparent',
        subMenuItemBg: 'transparent',
        groupTitleColor: s.text2,
        groupTitleFontSize: 12,
        itemSelectedBg: s.brandSoft,
        ...(dark ? { itemSelectedColor: '#8dc5f8' } : {}),
      },
      Tabs: {
        horizontalItemGutter: 24,
        horizontalMargin: '0',
        titleFontSize: 14,
        ...(dark ? { itemSelectedColor: '#65a9f3', inkBarColor: '#65a9f3', itemHoverColor: '#8dc5f8' } : {}),
      },
      Button: {
        primaryShadow: 'none',
        defaultShadow: 'none',
        dangerShadow: 'none',
        ...(dark
          ? { colorError: '#ff7875', dangerColor: '#141414', colorLink: '#65a9f3', colorLinkHover: '#8dc5f8' }
          : {}),
      },
      Segmented: { trackBg: s.sunken, itemSelectedBg: s.card },
      Tooltip: { fontSize: 13 },
      Drawer: { colorBgElevated: s.card },
      ...(dark
        ? {
            Form: { colorError: '#ff7875' },
            Steps: { colorError: '#ff7875' },
            Typography: { colorErrorText: '#ff7875' },
          }
        : {}),
    },
  }
}

/** CSS custom properties for the kit; written once on <html> per mode. */
export function cssVars(mode: Mode): Record<string, string> {
  const out: Record<string, string> = { '--sans': fontSans, '--mono': fontMono }
  for (const [k, v] of Object.entries(surface[mode])) out[`--${k}`] = v
  for (const [k, v] of Object.entries(status[mode])) out[`--st-${k}`] = v
  for (const [k, v] of Object.entries(series[mode])) out[`--${k}`] = v
  return out
}
