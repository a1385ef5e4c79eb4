import { render } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { createMemoryRouter } from 'react-router'
import { RouterProvider } from 'react-router/dom'
import { vi } from 'vitest'
import { Providers } from '../app/providers'
import { routes } from '../app/router'

class SilentSocket extends EventTarget {
  send(): void {}
  close(): void {}
}

/** The whole console at an address, with everything but the server. */
export function visit(path: string, socket: new () => EventTarget = SilentSocket) {
  vi.stubGlobal('WebSocket', socket)
  window.history.replaceState(null, '', path)
  const router = createMemoryRouter(routes, { initialEntries: [path] })
  // The API client reads the tenant from the address bar, as in a browser.
  router.subscribe(({ location }) =>
    window.history.replaceState(null, '', location.pathname + location.search),
  )
  const user = userEvent.setup()
  const view = render(
    <Providers>
      <RouterProvider router={router} />
    </Providers>,
  )
  return { router, user, ...view }
}
