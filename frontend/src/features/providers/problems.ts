import { addSentences } from '../../ui/problem-text'

/** What only this feature is told; the sentences come with its pages. */
addSentences({
  in_use: 'providers:problem.in_use',
  masked_secret: 'providers:problem.masked_secret',
})
