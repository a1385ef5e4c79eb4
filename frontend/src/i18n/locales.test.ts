import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { NAMESPACES } from '../test/namespaces'

const SOURCE = join(import.meta.dirname, '..')
const LOCALES = join(import.meta.dirname, 'locales')
const PLURAL = /_(?:zero|one|two|few|many|other)$/

type Texts = { [key: string]: string | Texts }

function flat(texts: Texts, prefix: string): Map<string, string> {
  const found = new Map<string, string>()
  for (const [name, value] of Object.entries(texts)) {
    if (typeof value === 'string') found.set(prefix + name, value)
    else for (const [key, text] of flat(value, `${prefix}${name}.`)) found.set(key, text)
  }
  return found
}

function texts(language: string): Map<string, string> {
  const all = new Map<string, string>()
  for (const file of readdirSync(join(LOCALES, language))) {
    const content = JSON.parse(readFileSync(join(LOCALES, language, file), 'utf8')) as Texts
    for (const [key, text] of flat(content, `${file.replace('.json', '')}:`)) all.set(key, text)
  }
  return all
}

const bare = (keys: Iterable<string>) => [...new Set([...keys].map((key) => key.replace(PLURAL, '')))].sort()

function used(): string[] {
  const key = new RegExp(`['"\`]((?:${NAMESPACES.join('|')}):[a-z][\\w.]*)['"\`]`, 'g')
  const files = readdirSync(SOURCE, { recursive: true, encoding: 'utf8' })
  const sources = files.filter((name) => /\.tsx?$/.test(name) && !name.includes('.test.'))
  return bare(
    sources.flatMap((name) =>
      [...readFileSync(join(SOURCE, name), 'utf8').matchAll(key)].map((match) => match[1] ?? ''),
    ),
  )
}

const english = texts('en')
const chinese = texts('zh-CN')

test('both languages have the same texts', () => {
  expect(bare(chinese.keys())).toEqual(bare(english.keys()))
})

test('every text is used, and every used text exists', () => {
  expect(used()).toEqual(bare(english.keys()))
})

test('a translation has the same places to fill in', () => {
  const places = (text: string) => [...new Set(text.match(/\{\{\w+\}\}/g) ?? [])].sort()
  for (const [key, text] of chinese) {
    const original = english.get(key) ?? english.get(key.replace(PLURAL, '_one')) ?? ''
    expect({ key, places: places(text) }).toEqual({ key, places: places(original) })
  }
})

test('counted texts have the forms of their language', () => {
  for (const key of english.keys()) {
    if (key.endsWith('_one')) expect(english.has(key.replace(PLURAL, '_other'))).toBe(true)
  }
  for (const key of chinese.keys()) expect(key).not.toMatch(/_one$/)
})

test('no text is empty, pleads, or shouts', () => {
  for (const [key, text] of english) {
    expect({ key, text }).toEqual({
      key,
      text: expect.not.stringMatching(/^\s*$|!|\bplease\b|successfully/i) as string,
    })
  }
})
