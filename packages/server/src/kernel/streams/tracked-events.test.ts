// engine: none
import { expect, test } from 'vitest';
import { ConnectionEnd, type Followed, trackedEvents } from './tracked-events.ts';

interface Event {
  readonly id: string;
}

/** Follows what is given, and tells when nobody reads it any more. */
function following(...given: readonly Followed<Event>[]) {
  const state = { ended: false };
  async function* followed() {
    try {
      yield* given;
    } finally {
      state.ended = true;
    }
  }
  return { state, events: trackedEvents(followed()) };
}

const event = (id: string): Followed<Event> => ({ kind: 'event', event: { id } });

test('events and checkpoints come with their ids, and signs of life are left out', async () => {
  const { events } = following(
    { kind: 'checkpoint', id: 'start' },
    event('a'),
    { kind: 'alive' },
    { kind: 'checkpoint', id: 'b' },
    event('c'),
  );
  const told: unknown[] = [];
  for await (const [id, data] of events) told.push([id, data]);
  expect(told).toEqual([
    ['start', null],
    ['a', { id: 'a' }],
    ['b', null],
    ['c', { id: 'c' }],
  ]);
});

test('where the registry ends the connection there is an error that tRPC tells nobody', async () => {
  const { events, state } = following(event('a'), { kind: 'bye', reason: 'closing' }, event('b'));
  expect((await events.next()).value?.slice(0, 2)).toEqual(['a', { id: 'a' }]);
  const error: unknown = await events.next().catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(ConnectionEnd);
  expect(error).toMatchObject({ name: 'AbortError', message: 'closing' });
  expect(state.ended).toBe(true);
});

test('a reader that stops ends what is followed', async () => {
  const { events, state } = following(event('a'), event('b'));
  for await (const _ of events) break;
  expect(state.ended).toBe(true);
});
