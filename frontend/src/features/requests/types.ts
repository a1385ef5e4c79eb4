// Short names of the generated schemas.
import type { components } from '../../api/schema'

type Schemas = components['schemas']

export type RequestPage = Schemas['RequestList']
export type RequestRow = Schemas['RequestRow']
export type RequestStatus = RequestRow['status']
export type RequestDetail = Schemas['RequestDetail']
export type Attempt = Schemas['RequestAttempt']
export type BodyDifference = Schemas['RequestDifference']
export type BodyChange = Schemas['RequestChange']
export type Span = Schemas['RequestSpan']
export type Histogram = Schemas['RequestHistogram']
export type Receipt = Schemas['Receipt']
export type ReceiptAttempt = Schemas['ReceiptAttempt']
export type ReceiptLine = Schemas['ReceiptLine']

/** How a request can have ended. */
export const OUTCOMES = [
  'ok',
  'client_error',
  'upstream_error',
  'blocked',
  'limited',
  'canceled',
  'interrupted',
] as const satisfies readonly RequestStatus[]
export type Outcome = (typeof OUTCOMES)[number]

export const STATUSES = ['running', ...OUTCOMES] as const
