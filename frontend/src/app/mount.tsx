import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { RouterProvider } from 'react-router/dom'
import { Providers } from './providers'
import { createRouter } from './router'
import { followSession } from './session-lost'

export function mount(): void {
  const root = document.getElementById('root')
  if (!root) return
  const router = createRouter()
  followSession(router)
  createRoot(root).render(
    <StrictMode>
      <Providers>
        <RouterProvider router={router} />
      </Providers>
    </StrictMode>,
  )
}
