import type { KeySheetSnippet } from './key-sheet'

/** The prompt of every first request. */
export const FIRST_PROMPT = 'Say hello in one word.'

export function environment(secret: string, base: string): string {
  return `SWITCHYARD_API_KEY=${secret}\nSWITCHYARD_BASE_URL=${base}\n`
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
