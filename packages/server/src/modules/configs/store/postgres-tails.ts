/** The tails of projects whose configurations are in the registry's own database: one for each, shared by its watchers. */
import { configTail } from '@tenant-registry/db';
import { afterTimer } from '../../../kernel/async/after.ts';
import { batched } from '../../../kernel/async/batch.ts';
import type { KernelDependencies } from '../../../kernel/context.ts';
import { bookkeep } from '../../../kernel/transact.ts';
import { current } from './moved.ts';
import { createNews } from './news.ts';
import type { Place, ProjectTail } from './port.ts';
import { createPostgresTail, type Head, type HeldTail } from './postgres-tail.ts';

export type TailParts = Pick<KernelDependencies, 'db' | 'forTenant' | 'database' | 'signals' | 'logger'>;

export interface PostgresTails {
  /** Rejects while the database cannot be asked. */
  tail(place: Place): Promise<ProjectTail>;
  /** Has everybody told, here and elsewhere, that the project has changed. */
  changed(projectId: string): void;
  close(): void;
}

interface Shared {
  readonly held: Promise<HeldTail>;
  shares: number;
}

/** Makes them; without watchers nothing is read. */
export function createPostgresTails({ db, forTenant, database, signals, logger }: TailParts): PostgresTails {
  const shared = new Map<string, Shared>();
  const askHead = batched<Head>(async (projectIds) => {
    const rows = await configTail.listConfigHeads(db, projectIds);
    return new Map(rows.map(({ project_id, epoch, revision }) => [project_id, { epoch: current(epoch), revision }]));
  });
  const headOf = async (projectId: string): Promise<Head> => {
    const head = await askHead(projectId);
    if (head === undefined) throw new Error('each project that is asked for has one row');
    return head;
  };
  const look = (projectId: string) => {
    const held = shared.get(projectId)?.held;
    const failed = (err: unknown) =>
      logger.warn({ err, project_id: projectId }, 'changes of configurations not read yet');
    held?.then((tail) => tail.look()).catch(failed);
  };
  const news = createNews({
    after: afterTimer,
    send: (text) =>
      bookkeep(db, (tx) => configTail.appendConfigNews(tx, text)).catch((err: unknown) =>
        logger.warn({ err }, 'other replicas were not told of changed configurations'),
      ),
  });
  const stopHearing = signals.on('configured', (text) => {
    for (const projectId of news.heard(text) ?? shared.keys()) look(projectId);
  });
  const begin = (place: Place): Shared => {
    const open = async () =>
      createPostgresTail(
        { place, db, scoped: forTenant(place), askHead: () => headOf(place.project_id) },
        await headOf(place.project_id),
      );
    const made: Shared = { held: open(), shares: 0 };
    shared.set(place.project_id, made);
    return made;
  };
  return {
    async tail(place) {
      const one = shared.get(place.project_id) ?? begin(place);
      one.shares += 1;
      const leave = once(() => {
        one.shares -= 1;
        if (one.shares === 0 && shared.get(place.project_id) === one) shared.delete(place.project_id);
      });
      try {
        return (await one.held).share(leave);
      } catch (error) {
        leave();
        throw error;
      }
    },
    changed(projectId) {
      look(projectId);
      // PGlite is one process, which has no other replica.
      if (database.engine === 'postgres') news.tell(projectId);
    },
    close() {
      stopHearing();
      news.close();
    },
  };
}

function once(run: () => void): () => void {
  let done = false;
  return () => {
    if (done) return;
    done = true;
    run();
  };
}
