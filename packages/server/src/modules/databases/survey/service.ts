/** What carries the mark of the registry in the world and belongs to no live database. Nothing of it is ever taken away here. */
import { databases } from '@tenant-registry/db';
import { type Provisioner, ProvisionerUnavailable, type Survey } from '@tenant-registry/provisioner';
import { withinDeadline } from '../../../kernel/async/deadline.ts';
import type { ActorContext } from '../../../kernel/context.ts';
import { paginate } from '../../../kernel/cursors.ts';
import { type DomainError, kernelErrors } from '../../../kernel/errors.ts';
import { id } from '../../../kernel/schema.ts';
import type { DatabaseOrphan, ListDatabaseOrphans } from '../schema.ts';

/** A survey of the whole world may take long; its caller gets an answer all the same. */
const SURVEY_MS_MAX = 10_000;

/**
 * One page of the orphans in the world of a provisioner. Throws `invalid_cursor`, `not_found` for an unknown provisioner,
 * and `unavailable` when it does not answer in ten seconds.
 */
export async function listDatabaseOrphans(ctx: ActorContext, input: ListDatabaseOrphans) {
  const provisioner = ctx.databaseWorld.provisioners.get(input.provisioner);
  if (provisioner === undefined) throw unknown();
  const found = (await surveyed(ctx, provisioner)).filter((each) => id.safeParse(each.id).success);
  const orphans = (await orphansAmong(ctx, found)).sort((one, other) => compared(keyOf(one), keyOf(other)));
  return paginate(ctx.cursors, {
    list: 'database_orphans',
    input,
    keyOf,
    fetch: async ({ limit, after }) =>
      orphans.filter((each) => after === undefined || compared(keyOf(each), after) > 0).slice(0, limit + 1),
  });
}

async function surveyed({ signal }: ActorContext, provisioner: Provisioner): Promise<readonly Survey[]> {
  const late = AbortSignal.timeout(SURVEY_MS_MAX);
  try {
    return await withinDeadline(provisioner.list(AbortSignal.any([signal, late])), SURVEY_MS_MAX, unanswered);
  } catch (error) {
    if (error instanceof ProvisionerUnavailable || late.aborted) throw unanswered(error);
    throw error;
  }
}

async function orphansAmong({ db }: ActorContext, found: readonly Survey[]): Promise<DatabaseOrphan[]> {
  const ids = [...new Set(found.map((each) => each.id))];
  const rows = new Map((await databases.listDatabaseMarks(db, ids)).map((row) => [row.id, row]));
  return found.flatMap(({ id: database_id, ...thing }) => {
    const row = rows.get(database_id);
    if (row === undefined) return { ...thing, database_id, tenant_id: null, why: 'no_row' as const };
    if (row.status !== 'deleted') return [];
    const why = row.reason === 'retained' ? ('retained' as const) : ('deleted' as const);
    return { ...thing, database_id, tenant_id: row.tenant_id, why };
  });
}

const keyOf = ({ database_id, kind, namespace, name }: DatabaseOrphan) => [database_id, kind, namespace, name];

/** Compares keys part by part. */
function compared(one: readonly string[], other: readonly string[]): number {
  for (const [index, part] of one.entries()) {
    const opposite = other[index] ?? '';
    if (part !== opposite) return part < opposite ? -1 : 1;
  }
  return 0;
}

function unknown(): DomainError {
  const detail = 'There is no such provisioner: GET /v1/database-tiers names them.';
  return kernelErrors.notFound({
    detail,
    errors: [{ pointer: '/provisioner', message: 'there is no such provisioner' }],
  });
}

function unanswered(cause?: unknown): DomainError {
  return kernelErrors.unavailable({ detail: 'The provisioner does not answer: try again.', retryAfter: 10, cause });
}
