import { addSentences } from '../../ui/problem-text'

addSentences({
  price_overlaps: 'models:problem.overlaps',
  price_closed: 'models:problem.closed',
})
