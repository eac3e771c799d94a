/** Who loses which level where by a change: the levels of those whom it touches, before it and after it. */
import { levelHolders, type Tx } from '@tenant-registry/db';
import type { ActorContext } from '../../kernel/context.ts';
import { type Grants, higherLevel, levelWithin, type ProjectLevel, rankOf } from '../../kernel/permissions.ts';
import { LOSSES_MAX, type Loss, type Losses } from './schema.ts';

/** Users and service identities whose levels are compared. */
const HOLDERS_MAX = 1_000;
/** Levels in projects that are read for them. */
const LEVELS_MAX = 20_000;

/** Whom a change touches: these principals, and all that are in these groups, directly or through other groups. */
export interface Affected extends levelHolders.AffectedPrincipals {
  /** The one project in which anything changes; absent: any. */
  readonly project_id?: string;
}

/**
 * Does the work in the caller's transaction and returns its result with the levels that are lost by it. In `rehearse` they are
 * a preview, which changes nothing; in `transact` they were taken away. Of large changes it shows a part, and `complete` is false.
 */
export async function lossesOf<Result>(
  { actor, budgets, grants }: ActorContext,
  tx: Tx,
  { affected, work }: { readonly affected: Affected; readonly work: () => Promise<Result> },
): Promise<{ readonly result: Result; readonly lost: Losses }> {
  const { project_id } = affected;
  const found = await levelHolders.listAffectedHolders(tx, affected, HOLDERS_MAX + 1);
  const before = await boundLevels(tx, found.slice(0, HOLDERS_MAX), project_id);
  // Each holder takes about as long as a request that costs one unit.
  budgets.charge(actor, before.holders.length);
  const standings = await levelHolders.listHolderStandings(tx, before.holders);
  const had = levelsOf(grants, before, standings);
  const result = await work();
  const after = await levelHolders.listBoundLevels(tx, before.holders, { project_id });
  const has = levelsOf(
    grants,
    { holders: before.holders, levels: after },
    await levelHolders.listHolderStandings(tx, before.holders),
  );
  const losses = before.holders.flatMap((holder) => lossesBetween(holder, had, has));
  const complete = before.holders.length === found.length && losses.length <= LOSSES_MAX;
  return { result, lost: { losses: losses.slice(0, LOSSES_MAX), complete } };
}

interface Bound {
  readonly holders: readonly levelHolders.Holder[];
  readonly levels: readonly levelHolders.BoundLevel[];
}

/** Reads the levels of as many of the holders as have no more than `LEVELS_MAX` together. */
async function boundLevels(
  tx: Tx,
  holders: readonly levelHolders.Holder[],
  project_id: string | undefined,
): Promise<Bound> {
  const levels = await levelHolders.listBoundLevels(tx, holders, { project_id, limit: LEVELS_MAX + 1 });
  const cut = levels[LEVELS_MAX];
  if (cut === undefined) return { holders, levels };
  // Holders and levels come in one order, so those before the one that was cut are whole.
  return {
    holders: holders.slice(
      0,
      holders.findIndex((holder) => keyOf(holder) === keyOf(cut)),
    ),
    levels: levels.filter((level) => keyOf(level) !== keyOf(cut)),
  };
}

/** The levels of one holder: by its roles in every project, and together with its bindings in those that have one. */
interface Levels {
  readonly everywhere: ProjectLevel | null;
  readonly inProject: ReadonlyMap<string, ProjectLevel | null>;
}

type LevelsByHolder = ReadonlyMap<string, Levels>;

const NO_LEVELS: Levels = { everywhere: null, inProject: new Map() };

function levelsOf(
  grants: Grants,
  { levels }: Bound,
  standings: readonly levelHolders.HolderStanding[],
): LevelsByHolder {
  const byHolder = Map.groupBy(levels, keyOf);
  return new Map(
    standings
      .filter(({ disabled }) => !disabled)
      .map((standing) => {
        const { roles, project_id: bound } = standing;
        const byRoles = levelWithin(grants.ofRoles(roles), grants.byLevel);
        // A service identity that is bound to a project has nothing outside of it.
        const reached = (byHolder.get(keyOf(standing)) ?? []).filter(
          (each) => bound === null || each.project_id === bound,
        );
        const inProject = new Map(reached.map((each) => [each.project_id, higherLevel(each.level, byRoles)]));
        if (bound === null) return [keyOf(standing), { everywhere: byRoles, inProject }];
        const own = inProject.get(bound) ?? byRoles;
        return [keyOf(standing), { everywhere: null, inProject: new Map([[bound, own]]) }];
      }),
  );
}

function lossesBetween({ type, id }: levelHolders.Holder, had: LevelsByHolder, has: LevelsByHolder): Loss[] {
  const before = had.get(keyOf({ type, id })) ?? NO_LEVELS;
  const after = has.get(keyOf({ type, id })) ?? NO_LEVELS;
  const projects = new Set([...before.inProject.keys(), ...after.inProject.keys()]);
  const changes = [
    { project_id: null, before: before.everywhere, after: after.everywhere },
    ...[...projects].map((project_id) => ({
      project_id,
      before: before.inProject.get(project_id) ?? before.everywhere,
      after: after.inProject.get(project_id) ?? after.everywhere,
    })),
  ];
  return changes.flatMap((change) =>
    rankOf(change.after) < rankOf(change.before) && change.before !== null
      ? [{ principal: { type, id }, project_id: change.project_id, before: change.before, after: change.after }]
      : [],
  );
}

function keyOf({ type, id }: levelHolders.Holder): string {
  return `${type} ${id}`;
}
