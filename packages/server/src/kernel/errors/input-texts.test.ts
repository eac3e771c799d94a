// engine: none
import { expect, test } from 'vitest';
import { z } from 'zod';
import { kernelErrors } from '../errors.ts';
import { placed } from './input-place.ts';
import { inputMistakes, inputText } from './input-texts.ts';

const shape = z.strictObject({
  text: z.string().min(1).max(3),
  long: z.string().min(2).max(200).optional(),
  exact: z.string().length(4).optional(),
  count: z.int().min(1).max(5).optional(),
  share: z.number().gt(0).lt(1).optional(),
  flag: z.boolean().optional(),
  kind: z.enum(['a', 'b']).optional(),
  only: z.literal('x').optional(),
  list: z.array(z.string()).min(1).max(2).optional(),
  inner: z.strictObject({ 'a/b~c': z.string() }).optional(),
  free: z.record(z.string(), z.unknown()).optional(),
  at: z.iso.datetime().optional(),
  day: z.iso.date().optional(),
  id: z.guid('must be a UUID').optional(),
  form: z
    .string()
    .regex(/^[a-z]+$/)
    .optional(),
  tens: z.number().multipleOf(10).optional(),
  either: z.union([z.string(), z.number()]).optional(),
  own: z
    .string()
    .refine((text) => text !== 'bad', 'must not be bad')
    .optional(),
});

const mistakesOf = (input: unknown) => inputMistakes(shape.safeParse(input).error ?? new z.ZodError([]), input);

test.each([
  [{}, '/text', 'is missing'],
  [{ text: undefined }, '/text', 'is missing'],
  [{ text: null }, '/text', 'must be a text'],
  [{ text: 5 }, '/text', 'must be a text'],
  [{ text: '' }, '/text', 'must not be empty'],
  [{ text: 'long' }, '/text', 'must have at most 3 characters'],
  [{ text: 'x', long: 'x' }, '/long', 'must have at least 2 characters'],
  [{ text: 'x', exact: 'x' }, '/exact', 'must have exactly 4 characters'],
  [{ text: 'x', count: '1' }, '/count', 'must be a number'],
  [{ text: 'x', count: 1.5 }, '/count', 'must be a whole number'],
  [{ text: 'x', count: 0 }, '/count', 'must be at least 1'],
  [{ text: 'x', count: 6 }, '/count', 'must be at most 5'],
  [{ text: 'x', share: 0 }, '/share', 'must be more than 0'],
  [{ text: 'x', share: 1 }, '/share', 'must be less than 1'],
  [{ text: 'x', flag: 'yes' }, '/flag', 'must be true or false'],
  [{ text: 'x', kind: 'c' }, '/kind', 'must be one of a, b'],
  [{ text: 'x', only: 'y' }, '/only', 'must be x'],
  [{ text: 'x', list: [] }, '/list', 'must not be empty'],
  [{ text: 'x', list: ['1', '2', '3'] }, '/list', 'must have at most 2 entries'],
  [{ text: 'x', list: { length: 1 } }, '/list', 'must be a list'],
  [{ text: 'x', list: [1] }, '/list/0', 'must be a text'],
  [{ text: 'x', inner: {} }, '/inner/a~1b~0c', 'is missing'],
  [{ text: 'x', inner: 'x' }, '/inner', 'must be an object'],
  [{ text: 'x', inner: { 'a/b~c': '', more: 1 } }, '/inner/more', 'is not a known field'],
  [{ text: 'x', free: [] }, '/free', 'must be an object'],
  [{ text: 'x', at: 'noon' }, '/at', 'must be a time such as 2026-01-15T09:30:00Z'],
  [{ text: 'x', day: 'today' }, '/day', 'must be a date such as 2026-01-15'],
  [{ text: 'x', id: 'x' }, '/id', 'must be a UUID'],
  [{ text: 'x', form: 'X' }, '/form', 'must match the pattern /^[a-z]+$/'],
  [{ text: 'x', tens: 5 }, '/tens', 'must be a multiple of 10'],
  [{ text: 'x', either: true }, '/either', 'is not allowed here'],
  [{ text: 'x', own: 'bad' }, '/own', 'must not be bad'],
  [5, '', 'must be an object'],
])('%j: %s %s', (input, pointer, message) => {
  expect(mistakesOf(input)).toEqual([{ pointer, message }]);
});

test('a schema’s own text is told of a wrong value, and not of a missing one', () => {
  const own = z.object({ id: z.guid('must be a UUID') });
  const of = (input: unknown) => inputMistakes(own.safeParse(input).error ?? new z.ZodError([]), input)[0]?.message;
  expect([of({}), of({ id: 5 }), of({ id: 'x' })]).toEqual(['is missing', 'must be a UUID', 'must be a UUID']);
});

test('the texts are an error map of zod, for schemas of other input than requests', () => {
  const { error } = shape.safeParse({ text: '' }, { error: inputText });
  expect(error?.issues.map(({ message }) => message)).toEqual(['must not be empty']);
});

const route = { method: 'PATCH', path: '/v1/things/{id}' } as const;
const problemOf = (pointer: string, message: string, method = 'PATCH') =>
  placed(kernelErrors.invalidInput({ errors: [{ pointer, message }] }), { ...route, method });

test('the first mistake is the sentence of the problem, and each has its place in the request', () => {
  expect(problemOf('/slug', 'is missing').message).toBe('/slug is missing.');
  expect(problemOf('', 'must be an object').message).toBe('The body must be an object.');
  const placesOf = (method: string) =>
    ['/id', '/name', '/name/0'].map((pointer) => problemOf(pointer, 'x', method).extras.errors?.[0]?.in);
  expect(placesOf('PATCH')).toEqual(['path', 'body', 'body']);
  expect(placesOf('GET')).toEqual(['path', 'query', 'query']);
});

test('a sentence about a very long name ends, and keeps its characters whole', () => {
  const { message } = problemOf(`/${'x'.repeat(498)}😀`, 'is not a known field');
  expect(message.length).toBeLessThan(510);
  expect(message.isWellFormed()).toBe(true);
});

test('an error with words of its own keeps them, and its field has a place', () => {
  const error = placed(kernelErrors.invalidCursor(), { method: 'GET', path: '/v1/things' });
  expect(error.message).toBe(kernelErrors.invalidCursor().message);
  expect(error.extras.errors).toEqual([{ pointer: '/cursor', message: error.message, in: 'query' }]);
  expect(placed(kernelErrors.notFound(), route)).toEqual(kernelErrors.notFound());
});
