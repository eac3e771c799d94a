/** Histories of configurations: made through the store, and kept beside it as plain values. */
import { randomUUID } from 'node:crypto';
import type { ActorContext } from '../../src/kernel/context.ts';
import { systemContext } from '../../src/kernel/system-context.ts';
import { canonicalOf } from '../../src/modules/configs/canonical.ts';
import { cursorOf } from '../../src/modules/configs/cursor.ts';
import type { Config, Operation } from '../../src/modules/configs/schema.ts';
import type { Change, Place } from '../../src/modules/configs/store/port.ts';
import { newProject, newTenant, type TestServer } from './server.ts';

/** A context that may do everything, with headers of its own. */
export function contextOf({ app }: Pick<TestServer, 'app'>): ActorContext {
  return { ...systemContext(app.deps, { name: 'tests' }), answerHeaders: new Map() };
}

export async function newPlace(server: TestServer): Promise<Place> {
  const { id: tenant_id } = await newTenant(server);
  return { tenant_id, project_id: (await newProject(server, tenant_id)).id };
}

/** One key of a commit; absent content deletes it. */
export interface Edit {
  readonly key: string;
  readonly content?: unknown;
  readonly operation?: Operation;
}

/** Commits the edits at one revision, from what is there. Returns the revision and its epoch. */
export async function commitEdits(ctx: ActorContext, place: Place, edits: readonly Edit[]) {
  const changes: Change[] = [];
  for (const edit of edits) {
    const { config: base } = await ctx.configStore.find(ctx, place, edit.key);
    const isNew = base === undefined || base.deleted;
    const operation = edit.operation ?? (edit.content === undefined ? 'delete' : isNew ? 'create' : 'update');
    changes.push({
      key: edit.key,
      base,
      operation,
      source_version: operation === 'rollback' ? 1 : null,
      content: operation === 'delete' ? null : edit.content,
      content_sha256: operation === 'delete' ? null : canonicalOf(edit.content).sha256,
      schema_id: null,
      schema_version: null,
      reason: null,
      ignored_readers: [],
    });
  }
  const outcome = await ctx.configStore.commit(ctx, place, { changes, write_id: randomUUID() });
  if (outcome.outcome === 'conflict') throw new Error(`conflict at ${outcome.key}`);
  return { epoch: outcome.epoch, revision: outcome.configs[0]?.revision ?? 0 };
}

/** A state of the past: what a snapshot of it must say. */
export interface PastState {
  readonly revision: number;
  readonly at: string;
  /** By key, those with a value. */
  readonly configs: ReadonlyMap<string, Config>;
}

interface Kept {
  readonly version: number;
  readonly config: Config | undefined;
}

/** Keeps every state that a history goes through, by the rules of the contract and without the store. */
export function createReplay(ctx: ActorContext, place: Place, start: { epoch: string; at: string }) {
  const keys = new Map<string, Kept>();
  const states: PastState[] = [{ revision: 0, at: start.at, configs: new Map() }];
  const { type, id, name } = ctx.actor;
  return {
    states,
    /** The versions of a key that had a value, for rollbacks. */
    note(edits: readonly Edit[], { revision, at }: { revision: number; at: string }): void {
      for (const { key, content, operation } of edits) {
        const before = keys.get(key);
        const version = (before?.version ?? 0) + 1;
        const isGone = content === undefined || operation === 'delete';
        const config: Config | undefined = isGone
          ? undefined
          : {
              ...place,
              key,
              version,
              content,
              content_sha256: canonicalOf(content).sha256,
              schema_id: null,
              schema_version: null,
              updated_by: { type, id, name },
              created_at: before?.config?.created_at ?? at,
              updated_at: at,
              cursor: cursorOf(place, { epoch: start.epoch, revision }),
            };
        keys.set(key, { version, config });
      }
      const live = [...keys].flatMap(([key, kept]) => (kept.config === undefined ? [] : [[key, kept.config] as const]));
      states.push({ revision, at, configs: new Map(live.sort(([a], [b]) => (a < b ? -1 : 1))) });
    },
    /** The last state at or before the time. */
    stateAt(at: string): PastState {
      return states.findLast((state) => state.revision === 0 || state.at <= at) as PastState; // revision 0 is always found
    },
  };
}
export type Replay = ReturnType<typeof createReplay>;
