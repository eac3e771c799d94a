/** Keeps a table of configurations equal to the registry's: a snapshot, then changes, over as many connections as it takes. */
import { backoffMs } from '../calls/backoff.ts';
import { isRegistryError } from '../errors.ts';
import type { FollowerRuntime } from '../memory/follow-changes.ts';
import type { DataAge } from './data-age.ts';
import type { Config, ConfigChange } from './shapes.ts';
import type { ChangedKey, ConfigTable } from './table.ts';
import type { ConfigsWire } from './wire.ts';

export interface ConfigsListener {
  /** Called when the table is at another state, with the keys that changed: none for a first snapshot without changes. */
  onStep(changed: readonly ChangedKey[], cursor: string): void;
  /** Called when the table becomes live or ceases to be, with the last failure; and at the first one, before it ever was. */
  onState(live: boolean, error?: unknown): void;
  /** Called for each connection that failed. */
  onFailure(error: unknown): void;
}

export interface Following {
  readonly wire: ConfigsWire;
  readonly table: ConfigTable;
  readonly age: DataAge;
  readonly runtime: FollowerRuntime;
  /** Ends the following. */
  readonly signal: AbortSignal;
  /** The state that the table has at the beginning; undefined: none, it is empty. */
  readonly cursor: string | undefined;
  readonly listener: ConfigsListener;
}

/** A revision has far fewer changes. */
const CHANGES_MAX = 1_000;

/** How often the state is looked at while nothing comes in. */
const OBSERVED_EACH_MS = 500;

/** Thrown when changes cannot continue the table: it must be read anew. */
class Discontinued extends Error {}

/** Starts to follow, until the signal aborts. The pauses between failed connections grow and respect Retry-After. */
export function followConfigs({ wire, table, age, runtime, signal, cursor: restored, listener }: Following): void {
  let cursor = restored;
  /** Whether the table must be read before changes can continue it. */
  let due = true;
  /** The state that the registry may confirm instead of sending it. */
  let unconfirmed = restored;
  let told: boolean | undefined;
  let failure: unknown;

  /** Tells the state if it is another one. Before anything was known or failed there is none. */
  function report(): void {
    const live = age.isLive();
    if (live === told || (told === undefined && !live && failure === undefined)) return;
    told = live;
    if (live) failure = undefined;
    listener.onState(live, failure);
  }

  async function read(): Promise<string> {
    const startedAt = runtime.now();
    const snapshot = await wire.snapshot(unconfirmed, signal);
    signal.throwIfAborted();
    due = false;
    unconfirmed = undefined;
    const state = snapshot.cursor;
    const changed = snapshot.configs === undefined ? [] : table.replace(snapshot.configs);
    cursor = state;
    age.read(startedAt);
    listener.onStep(changed, state);
    report();
    return state;
  }

  async function take(changes: readonly ConfigChange[], state: string): Promise<void> {
    const whole: ConfigChange[] = [];
    for (const change of changes) whole.push(await completed(change));
    signal.throwIfAborted();
    const changed = table.apply(whole);
    if (changed === undefined) throw new Discontinued('the changes that were told have a gap');
    cursor = state;
    listener.onStep(changed, state);
  }

  /** Fetches content that was too long to be told. A later value belongs to a later state, so it may not be used. */
  async function completed(change: ConfigChange): Promise<ConfigChange> {
    const known = (table.get(change.key)?.version ?? 0) >= change.version;
    if (change.operation === 'delete' || 'content' in change || known) return change;
    const config: Config | undefined = await wire.find(change.key, signal);
    if (config?.version !== change.version) throw new Discontinued('a value changed again before it could be read');
    return { ...change, content: config.content };
  }

  /** Resolves when the registry ends the connection: to whether it told anything of use. */
  async function listen(after: string): Promise<boolean> {
    const startedAt = runtime.now();
    let useful = false;
    let together: ConfigChange[] = [];
    for await (const event of wire.watch(after, signal)) {
      switch (event.type) {
        case 'change':
          together.push(event.change);
          if (together.length > CHANGES_MAX) throw new Discontinued('a change has no end');
          if (event.cursor === undefined) break;
          await take(together, event.cursor);
          together = [];
          useful = true;
          break;
        case 'alive':
          // Changes that were told and are not made are not known yet.
          if (together.length > 0) break;
          age.alive(startedAt, event.elapsed_ms);
          // The events of this connection arrive too late; another connection may be faster.
          if (!age.isLive()) throw new Error('the changes of configurations lag by more than three seconds');
          useful = true;
          report();
          break;
        case 'down':
          age.doubt();
          report();
          break;
        case 'reset':
          throw new Discontinued('the registry does not know what changed since');
        case 'bye':
          return useful;
        case 'open':
          break;
      }
    }
    return useful;
  }

  async function follow(): Promise<void> {
    for (let failed = 0; !signal.aborted; ) {
      let retryAfterMs = 0;
      try {
        const after = due || cursor === undefined ? await read() : cursor;
        failed = (await listen(after)) ? 0 : failed + 1;
      } catch (error) {
        if (signal.aborted) return;
        if (error instanceof Discontinued) {
          due = true;
          unconfirmed = undefined;
          age.doubt();
        }
        failed = age.isLive() ? 1 : failed + 1;
        retryAfterMs = isRegistryError(error) ? (error.retryAfter ?? 0) * 1_000 : 0;
        failure = error;
        listener.onFailure(error);
        report();
      }
      await runtime.sleep(Math.max(retryAfterMs, backoffMs(failed, runtime.random)), signal);
    }
  }

  /** Notices when the table ceases to be live although nothing comes in. */
  async function observe(): Promise<void> {
    while (!signal.aborted) {
      await runtime.sleep(OBSERVED_EACH_MS, signal);
      if (!signal.aborted) report();
    }
  }
  void follow();
  void observe();
}
