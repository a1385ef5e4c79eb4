// Lock files name no host: npm keeps addresses of donation pages and old registries in them, which nothing reads.
import { readFile, writeFile } from 'node:fs/promises'

for (const name of ['../package-lock.json', '../e2e/package-lock.json']) {
  const path = new URL(name, import.meta.url)
  const lock = JSON.parse(await readFile(path, 'utf8'))
  for (const entry of Object.values(lock.packages)) {
    delete entry.funding
    delete entry.resolved
    delete entry.deprecated
  }
  await writeFile(path, `${JSON.stringify(lock, null, 2)}\n`)
}
