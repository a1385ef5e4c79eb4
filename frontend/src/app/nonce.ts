// Imported before everything else. The page's policy allows a <style> only with this answer's nonce; libraries
// that create one without asking (antd's scroll lock and scrollbar probe) get it here.
const nonce = document.querySelector<HTMLMetaElement>('meta[name="csp-nonce"]')?.content ?? ''

/* eslint-disable @typescript-eslint/no-deprecated -- the overload for any tag name is the one to wrap */
const createElement = document.createElement.bind(document)
document.createElement = (name: string, options?: ElementCreationOptions) => {
  const element = createElement(name, options)
  if (nonce && name.toLowerCase() === 'style') element.setAttribute('nonce', nonce)
  return element
}

export const cspNonce = nonce
