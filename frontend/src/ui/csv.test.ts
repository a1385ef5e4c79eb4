import { expect, test } from 'vitest'
import { csvText } from './csv'

test('cells that would run as formulas are neutralised, numbers are not', () => {
  expect(
    csvText(
      ['name', 'cost'],
      [
        ['=1+1', '-0.500000000'],
        ['+x', 3],
        ['@y', null],
        ['-z', 0],
      ],
    ),
  ).toBe("name,cost\r\n'=1+1,-0.500000000\r\n'+x,3\r\n'@y,\r\n'-z,0\r\n")
})

test('separators, quotes and line ends are quoted', () => {
  expect(csvText(['a'], [['x,"y"\n']])).toBe('a\r\n"x,""y""\n"\r\n')
})
