// A request to Converse, signed as AWS's SDKs sign.
import { createHash, createHmac } from 'node:crypto'

const ALGORITHM = 'AWS4-HMAC-SHA256'
const SERVICE = 'bedrock'

const digest = (text: string) => createHash('sha256').update(text).digest('hex')
const hmac = (key: string | Buffer, text: string) => createHmac('sha256', key).update(text).digest()

interface Pair {
  id: string
  secret: string
}

/** Headers for a POST of this body, at this moment. */
export function signedHeaders(url: URL, body: string, { id, secret }: Pair): Record<string, string> {
  const stamp = new Date().toISOString().replace(/[-:]|\.\d{3}/g, '')
  const scope = [stamp.slice(0, 8), 'us-east-1', SERVICE, 'aws4_request'] as const
  const headers = { 'content-type': 'application/json', host: url.host, 'x-amz-date': stamp }
  const names = Object.keys(headers).join(';')
  const said = Object.entries(headers).map(([name, value]) => `${name}:${value}\n`)
  const asked = ['POST', url.pathname, '', said.join(''), names, digest(body)].join('\n')
  const key = scope.reduce<string | Buffer>(hmac, `AWS4${secret}`)
  const told = hmac(key, [ALGORITHM, stamp, scope.join('/'), digest(asked)].join('\n')).toString('hex')
  const authorization = `${ALGORITHM} Credential=${id}/${scope.join('/')}, SignedHeaders=${names}, Signature=${told}`
  return { ...headers, authorization }
}
