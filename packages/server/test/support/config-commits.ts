/** Commits of configurations, straight to the store: several keys at once, and many quickly. */
import { randomUUID } from 'node:crypto';
import { tokenActor } from '../../src/kernel/actor.ts';
import { type ActorContext, noRequest } from '../../src/kernel/context.ts';
import { canonicalOf } from '../../src/modules/configs/canonical.ts';
import type { Change, Place } from '../../src/modules/configs/store/port.ts';
import { grants } from '../../src/modules.ts';
import type { TestServer } from './server.ts';

/** The context of an operator. */
function operatorContext({ app: { deps } }: Pick<TestServer, 'app'>): ActorContext {
  const actor = tokenActor(grants, 'operator');
  return { ...deps, ...noRequest, db: deps.db, root: deps.db, actor, requestId: 'test', answerHeaders: new Map() };
}

/** Makes all changes at one revision, and returns it. Content undefined deletes. Nobody else may write these keys meanwhile. */
export async function commitTogether(
  server: Pick<TestServer, 'app'>,
  place: Place,
  contents: Readonly<Record<string, unknown>>,
): Promise<{ readonly epoch: string; readonly revision: number }> {
  const ctx = operatorContext(server);
  const changes: Change[] = [];
  for (const [key, content] of Object.entries(contents)) {
    const { config: base } = await ctx.configStore.find(ctx, place, key);
    const isDeletion = content === undefined;
    changes.push({
      key,
      base,
      operation: isDeletion ? 'delete' : base === undefined || base.deleted ? 'create' : 'update',
      schema_id: null,
      schema_version: null,
      source_version: null,
      content: isDeletion ? null : content,
      content_sha256: isDeletion ? null : canonicalOf(content).sha256,
      reason: null,
      ignored_readers: [],
    });
  }
  const result = await ctx.configStore.commit(ctx, place, { changes, write_id: randomUUID() });
  const [config] = result.outcome === 'committed' ? result.configs : [];
  if (result.outcome !== 'committed' || config === undefined) throw new Error(`not committed: ${result.outcome}`);
  return { epoch: result.epoch, revision: config.revision };
}

/** Every change of the project as `key@version`, in the order of the revisions, straight from the table. */
export async function changesInTable({ app }: Pick<TestServer, 'app'>, { project_id }: Place): Promise<string[]> {
  const rows = await app.deps.db
    .selectFrom('config_revisions')
    .select(['config_key', 'version'])
    .where('project_id', '=', project_id)
    .orderBy('revision')
    .orderBy('config_key')
    .execute();
  return rows.map(({ config_key, version }) => `${config_key}@${version}`);
}
