/** The two tracks: a request, and the way it takes. Shown where there is nothing yet. */
export function Tracks() {
  return (
    <svg width="96" height="48" viewBox="0 0 96 48" aria-hidden="true">
      <path
        d="M2 38H94"
        stroke="var(--lineStrong)"
        strokeWidth="2"
        strokeDasharray="3 5"
        strokeLinecap="round"
      />
      <path
        d="M22 38C46 38 40 12 64 12H94"
        fill="none"
        stroke="var(--brand)"
        strokeWidth="2"
        strokeLinecap="round"
      />
      <circle cx="22" cy="38" r="4" fill="var(--card)" stroke="var(--brand)" strokeWidth="2" />
    </svg>
  )
}
