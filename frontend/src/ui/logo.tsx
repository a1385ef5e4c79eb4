/** Railway switch: the straight track dimmed, the diverging track set. Works from 16 px, both themes. */
export function LogoMark({ size = 24 }: { size?: number }) {
  return (
    <svg width={size} height={size} viewBox="0 0 32 32" aria-hidden="true">
      <rect width="32" height="32" rx="7" fill="#0958d9" />
      <g fill="none" stroke="#fff" strokeWidth="3.5" strokeLinecap="round">
        <path d="M6 22h20" opacity=".5" />
        <path d="M6 22h2.5C16 22 15 10 22.5 10H26" />
      </g>
    </svg>
  )
}
export function Wordmark({ size = 24 }: { size?: number }) {
  return (
    <span className="wordmark" style={{ fontSize: Math.round(size * 0.67) }}>
      <LogoMark size={size} />
      {'Switchyard'}
    </span>
  )
}
