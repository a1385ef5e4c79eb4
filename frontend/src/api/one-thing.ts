/**
 * For queries about one thing. By default the page before stays until the next one is there; what is
 * true of one thing must not stand under the name of another meanwhile.
 */
export const aboutOneThing = { placeholderData: undefined } as const
