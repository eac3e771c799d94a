/** Commits of configurations, straight to the store: several keys at once, and many quickly. */
import type { Place } from '../../src/modules/configs/store/port.ts';
import { commitEdits, contextOf } from './config-history.ts';
import type { TestServer } from './server.ts';

/** Makes all changes at one revision, and returns it. Content undefined deletes. Nobody else may write these keys meanwhile. */
export function commitTogether(
  server: Pick<TestServer, 'app'>,
  place: Place,
  contents: Readonly<Record<string, unknown>>,
): Promise<{ readonly epoch: string; readonly revision: number }> {
  const edits = Object.entries(contents).map(([key, content]) => ({ key, content }));
  return commitEdits(contextOf(server), place, edits);
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
