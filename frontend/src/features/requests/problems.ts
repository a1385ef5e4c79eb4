import { addSentences } from '../../ui/problem-text'

addSentences({
  range_too_wide: 'requests:problem.range_too_wide',
})
