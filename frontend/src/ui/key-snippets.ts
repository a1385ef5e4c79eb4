import type { KeySheetSnippet } from './key-sheet'

/** The prompt of every first request. */
export const FIRST_PROMPT = 'Say hello in one word.'

export function environment(secret: string, base: string): string {
  return `SWITCHYARD_API_KEY=${secret}\nSWITCHYARD_BASE_URL=${base}\n`
}

interface Signing {
  id: string
  secret: string
  /** Without the version: AWS's SDKs write the path themselves. */
  endpoint: string
}

/** Any region will do, but AWS's SDKs want one. */
const REGION = 'us-east-1'

export function awsEnvironment({ id, secret, endpoint }: Signing): string {
  const lines = [
    `AWS_ENDPOINT_URL_BEDROCK_RUNTIME=${endpoint}`,
    `AWS_ACCESS_KEY_ID=${id}`,
    `AWS_SECRET_ACCESS_KEY=${secret}`,
    `AWS_REGION=${REGION}`,
  ]
  return `${lines.join('\n')}\n`
}

/** A shell's own lines, then a program that reads them. */
export function awsSnippets(pair: Signing & { model: string }): KeySheetSnippet[] {
  const lines = awsEnvironment(pair).trimEnd()
  const program = `import boto3

client = boto3.client("bedrock-runtime", region_name="${REGION}")
answer = client.converse(
    modelId="${pair.model}",
    messages=[{"role": "user", "content": [{"text": "${FIRST_PROMPT}"}]}],
)
print(answer["output"]["message"]["content"][0]["text"])`
  return [
    { key: 'shell', label: 'Shell', code: lines.replace(/^/gm, 'export ') },
    { key: 'boto3', label: 'boto3', code: program },
    { key: 'env', label: '.env', code: lines },
  ]
}

interface Call {
  secret: string
  /** Up to the version: `http://localhost:8000/v1`. */
  base: string
  model: string
}

/** What works when it is pasted as it stands. */
export function clientSnippets({ secret, base, model }: Call): KeySheetSnippet[] {
  const curl = `curl ${base}/chat/completions \\
  -H "Authorization: Bearer ${secret}" \\
  -H "Content-Type: application/json" \\
  -d '{"model": "${model}",
       "messages": [{"role": "user", "content": "${FIRST_PROMPT}"}]}'`
  return [
    { key: 'curl', label: 'cURL', code: curl },
    { key: 'env', label: '.env', code: environment(secret, base).trimEnd() },
  ]
}
