// Writes .br and .gz beside every text asset of the build, so that no request is compressed twice.
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { brotliCompress, constants, gzip } from 'node:zlib'

const root = new URL('../dist/', import.meta.url).pathname
const text = /\.(?:js|css|svg|json|html)$/
const brotli = promisify(brotliCompress)
const gzipped = promisify(gzip)

const names = await readdir(root, { recursive: true })
await Promise.all(
  names
    .filter((name) => text.test(name) && name !== 'index.html' && !name.startsWith('.vite'))
    .map(async (name) => {
      const path = join(root, name)
      const source = await readFile(path)
      const params = {
        [constants.BROTLI_PARAM_QUALITY]: 10,
        [constants.BROTLI_PARAM_SIZE_HINT]: source.length,
      }
      await Promise.all([
        brotli(source, { params }).then((bytes) => writeFile(`${path}.br`, bytes)),
        gzipped(source, { level: 9 }).then((bytes) => writeFile(`${path}.gz`, bytes)),
      ])
    }),
)
