// The error body of the whole management API (RFC 9457) as a value with facts.
export interface FieldError {
  field: string
  code: string
  message: string
}

export interface ProblemBody {
  status: number
  code: string
  title?: string
  detail?: string
  request_id?: string
  errors?: FieldError[]
  retry_after?: number
  capability?: string
  current_version?: number
  changed_by?: string | { id?: string; label?: string } | null
  changed_at?: string
  /** Narrower ranges, of a question that took too long. */
  suggestions?: { from: string; to: string }[]
  /** What still uses the thing that was to go. */
  uses?: { kind: string; id: string; name: string }[]
}

export class Problem extends Error {
  readonly body: ProblemBody

  constructor(body: ProblemBody) {
    super(body.detail ?? body.title ?? body.code)
    this.name = 'Problem'
    this.body = body
  }

  get status(): number {
    return this.body.status
  }

  get code(): string {
    return this.body.code
  }

  get fields(): FieldError[] {
    return this.body.errors ?? []
  }
}

export const NETWORK = 'network_unreachable'

export function networkProblem(): Problem {
  return new Problem({ status: 0, code: NETWORK })
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}

/** Whatever an endpoint answered with an error status, as a problem; bodies that are none get `http_<status>`. */
export function toProblem(error: unknown, response: Response): Problem {
  const retryAfter = Number(response.headers.get('retry-after') ?? Number.NaN)
  const wait = Number.isFinite(retryAfter) ? { retry_after: retryAfter } : {}
  if (isRecord(error) && typeof error['code'] === 'string') {
    return new Problem({ ...wait, ...(error as unknown as ProblemBody), status: response.status })
  }
  return new Problem({ ...wait, status: response.status, code: `http_${response.status}` })
}

export function isProblem(error: unknown): error is Problem {
  return error instanceof Problem
}
