/** The past as a whole: snapshots and differences against a replay of the history in memory. */
import fc from 'fast-check';
import { expect, inject, test } from 'vitest';
import {
  commitEdits,
  contextOf,
  createReplay,
  type Edit,
  newPlace,
  type PastState,
  type Replay,
} from '../../../../test/support/config-history.ts';
import { testServer } from '../../../../test/support/server.ts';
import type { ActorContext } from '../../../kernel/context.ts';
import { cursorOf } from '../cursor.ts';
import { listConfigs } from './list.ts';
import { diffConfigs, snapshotConfigs } from './service.ts';

const server = testServer();

const KEYS = ['a', 'a.b', 'a_b', 'B', 'b', 'limits', 'limits-2', 'Z9'];
const RUNS = 5;
/** The embedded engine runs the same statements, with one connection: fewer points show that it does. */
const POINTS = inject('engine') === 'postgres' ? 200 : 40;

interface Step {
  readonly kind: 'put' | 'delete' | 'rollback' | 'commit';
  readonly key: number;
  readonly value: number;
  /** Milliseconds since the step before. */
  readonly later: number;
}

const step: fc.Arbitrary<Step> = fc.record({
  kind: fc.constantFrom('put', 'put', 'delete', 'rollback', 'commit'),
  key: fc.nat(KEYS.length - 1),
  value: fc.nat(5),
  later: fc.nat(3),
});

/** A point of the history: a revision or a time, as parts of a thousand of what there is. */
const point = fc.record({ byTime: fc.boolean(), part: fc.nat(1_000), aside: fc.integer({ min: -1, max: 1 }) });
type Point = typeof point extends fc.Arbitrary<infer T> ? T : never;

const keyOf = ({ key }: Pick<Step, 'key'>, further = 0) => KEYS[(key + further) % KEYS.length] ?? '';

/** What the step does, given what there is: a delete of nothing is a put. */
function editsOf({ kind, value, ...at }: Step, { states }: Replay): Edit[] {
  const key = keyOf(at);
  const current = states.at(-1)?.configs;
  const content = { value, list: [value, null] };
  if (kind === 'commit') return [0, 1, 2].map((further) => ({ key: keyOf(at, further), content: { value, further } }));
  if (kind === 'delete' && current?.has(key)) return [{ key }];
  const first = states.find(({ configs }) => configs.has(key))?.configs.get(key);
  // The first version always had a value.
  if (kind === 'rollback' && first !== undefined) return [{ key, content: first.content, operation: 'rollback' }];
  return [{ key, content }];
}

async function play(ctx: ActorContext, steps: readonly Step[]) {
  const place = await newPlace(server);
  const { epoch } = await ctx.configStore.head(ctx, place);
  const replay = createReplay(ctx, place, { epoch, at: ctx.clock().toISOString() });
  for (const each of steps) {
    server.clock.advance(each.later);
    const edits = editsOf(each, replay);
    const { revision } = await commitEdits(ctx, place, edits);
    replay.note(edits, { revision, at: ctx.clock().toISOString() });
  }
  return { place, epoch, replay };
}

type Played = Awaited<ReturnType<typeof play>>;

/** The text by which a caller names the point, and the state that it must get. */
function asked({ byTime, part, aside }: Point, { place, epoch, replay }: Played): { text: string; state: PastState } {
  const { states } = replay;
  const near = states[Math.floor((part * (states.length - 1)) / 1_000)] as PastState; // the index is of one of them
  if (!byTime) return { text: cursorOf(place, { epoch, revision: near.revision }), state: near };
  const text = new Date(new Date(near.at).getTime() + aside).toISOString();
  return { text, state: replay.stateAt(text) };
}

async function textOf(ctx: ActorContext, project_id: string, at: string) {
  let text = '';
  for await (const piece of await snapshotConfigs(ctx, { project_id, at })) text += piece;
  return JSON.parse(text);
}

function sides(before: PastState, after: PastState) {
  const keys = [...new Set([...before.configs.keys(), ...after.configs.keys()])].sort();
  return keys.flatMap((key) => {
    const [from, to] = [before.configs.get(key), after.configs.get(key)];
    if (from?.version === to?.version) return [];
    const change = from === undefined ? 'created' : to === undefined ? 'deleted' : 'updated';
    const side = (config: typeof from) =>
      config === undefined
        ? null
        : { version: config.version, content_sha256: config.content_sha256, schema_id: null, schema_version: null };
    return [{ key, change, from: side(from), to: side(to) }];
  });
}

// proves B11, B33, B34
test(`at ${RUNS * POINTS} random points, snapshots, lists and differences equal a replay of the history`, async () => {
  server.clock.stop();
  const ctx = contextOf(server);
  const history = fc.array(step, { minLength: 40, maxLength: 80 });
  const points = fc.array(fc.tuple(point, point), { minLength: POINTS, maxLength: POINTS });
  await fc.assert(
    fc.asyncProperty(history, points, async (steps, pairs) => {
      const played = await play(ctx, steps);
      const { project_id } = played.place;
      for (const [index, [one, other]] of pairs.entries()) {
        const [at, from] = [asked(one, played), asked(other, played)];
        const expected = [...at.state.configs.values()];
        const seen = await textOf(ctx, project_id, at.text);
        expect(seen.configs, `snapshot at ${at.text}`).toEqual(expected);
        if (index % 10 === 0) {
          const listed = await listConfigs(ctx, { project_id, at: at.text, limit: 200, content: true });
          expect(listed.items, `list at ${at.text}`).toEqual(expected);
        }
        const diff = await diffConfigs(ctx, { project_id, from: from.text, to: at.text, limit: 200 });
        const told = diff.items.map(({ patch: _, ...rest }) => rest);
        expect(told, `difference of ${from.text} and ${at.text}`).toEqual(sides(from.state, at.state));
      }
    }),
    { numRuns: RUNS },
  );
}, 300_000);
