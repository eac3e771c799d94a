/**
 * Makes a registry be as a file says. All of it is rehearsed first, against the registry as it is: what would be refused
 * for a reason that can be seen from outside is told before anything changes.
 */
import type { Api, Row } from './api.ts';
import type { Kind } from './kind.ts';
import { kinds, readKind } from './kinds.ts';
import { at, type Place, RefusedError } from './problem.ts';
import { differing } from './same.ts';
import { createScope, type Scope } from './scope.ts';
import { listName, type TenantState, type WantedThing } from './state.ts';
import { createTenant, findTenant, moveTenant, tenantRefusal, updateTenant } from './tenant.ts';
import type { Existing } from './things.ts';
import { worldOf } from './world.ts';

export interface Change {
  readonly action: 'created' | 'updated' | 'removed' | 'unchanged';
  readonly noun: string;
  /** With the tenant, and what it lies in, in front. */
  readonly name: string;
  /** The fields that changed, or the word for the removal. */
  readonly about: readonly string[];
}

export interface ApplyOptions {
  readonly api: Api;
  readonly states: readonly TenantState[];
  readonly dryRun: boolean;
  readonly prune: boolean;
  /** Called after each change; in a dry run for each that would be made. */
  report(change: Change): void;
}

interface Run {
  readonly api: Api;
  readonly state: TenantState;
  readonly prune: boolean;
  readonly isRehearsal: boolean;
  readonly world: ReturnType<typeof worldOf>;
  readonly report: (change: Change) => void;
  readonly complain: (place: Place, text: string) => void;
}

/** Resolves when the registry is as the states say. Throws `RefusedError`, before any change where that can be known. */
export async function applyStates({ api, states, dryRun, prune, report }: ApplyOptions): Promise<void> {
  const complaints: string[] = [];
  const complain = (place: Place, text: string) => void complaints.push(at(place, text));
  const rehearsed: Change[] = [];
  const world = worldOf(api);
  for (const state of states)
    await perform({
      api,
      state,
      prune,
      isRehearsal: true,
      world,
      report: (change) => void rehearsed.push(change),
      complain,
    });
  if (complaints.length > 0) throw new RefusedError(`${complaints.join('\n')}\nNothing was changed.`);
  if (dryRun) return rehearsed.forEach(report);
  let made = 0;
  const count = (change: Change) => {
    if (change.action !== 'unchanged') made += 1;
    report(change);
  };
  const refuse = (place: Place, text: string): never => {
    throw new RefusedError(`${at(place, text)}\n${made} changes were made before; a repetition goes on from there.`);
  };
  for (const state of states)
    await perform({ api, state, prune, isRehearsal: false, world, report: count, complain: refuse });
}

async function perform(run: Run): Promise<void> {
  const { state, api } = run;
  const found = await findTenant(api, state.slug);
  const row = await tenantNow(run, found);
  // In a rehearsal a tenant that is not there yet has nothing that could be compared.
  const scope = row === null ? null : createScope({ api, slug: state.slug, tenantId: String(row.id), read: readKind });
  const left: (() => Promise<void>)[] = [];
  for (const kind of kinds) left.unshift(...(await performKind(run, scope, kind)));
  for (const remove of left) await remove();
  if (row !== null && row.status !== 'frozen' && state.fields?.status === 'frozen')
    await move(found === null ? { ...run, report: () => {} } : run, row);
}

async function tenantNow(run: Run, found: Row | null): Promise<Row | null> {
  const { api, state, isRehearsal, complain } = run;
  const { slug, place, fields } = state;
  const named = { noun: 'tenant', name: slug };
  const refusal = found === null ? null : tenantRefusal(fields ?? {}, found);
  if (refusal !== null) complain(place, `tenant ${slug}: ${refusal}`);
  if (fields === null) {
    if (found === null) complain(place, `there is no tenant ${slug}, and the file does not declare it`);
    return found;
  }
  if (found === null) {
    const made = isRehearsal ? null : await trying(run, place, `tenant ${slug}`, () => createTenant(api, fields));
    run.report({ action: 'created', ...named, about: [] });
    // A part of its creation, and no change of its own.
    if (made !== null && fields.status === 'active' && made.status !== 'active')
      await move({ ...run, report: () => {} }, made);
    return made;
  }
  const changed = differing(fields, found);
  if (!isRehearsal) await trying(run, place, `tenant ${slug}`, () => updateTenant(api, found, fields, changed));
  if (changed.includes('status') && fields.status === 'active') await move(run, found);
  const about = changed.filter((name) => name !== 'status');
  if (about.length > 0) run.report({ action: 'updated', ...named, about });
  if (changed.length === 0) run.report({ action: 'unchanged', ...named, about });
  return found;
}

async function move(run: Run, row: Row): Promise<void> {
  const { slug, place, fields } = run.state;
  if (!run.isRehearsal) await trying(run, place, `tenant ${slug}`, () => moveTenant(run.api, row, fields?.status));
  run.report({ action: 'updated', noun: 'tenant', name: slug, about: ['status'] });
}

/** Makes and changes the things of a kind; resolves to the removals, which come when everything else is done. */
async function performKind(run: Run, scope: Scope | null, kind: Kind): Promise<(() => Promise<void>)[]> {
  const things = run.state.things.filter((thing) => thing.kind === kind);
  const lists = parentsOf(run.state, kind);
  if (things.length === 0 && lists.length === 0) return [];
  const parents = [...new Set([...things.map(({ parent }) => parent), ...lists])];
  const existing = scope === null ? [] : await read(run, scope, kind, parents);
  for (const thing of things) await performThing(run, scope, thing, existing);
  if (!run.prune || scope === null) return [];
  const kept = new Set(things.map(({ parent, key }) => JSON.stringify([parent, key])));
  return existing
    .filter(({ parent, key, isKept }) => !isKept && lists.includes(parent) && !kept.has(JSON.stringify([parent, key])))
    .map((each) => () => remove(run, scope, kind, each));
}

/** The parents whose list of the kind the file has in full; null stands for the tenant. */
function parentsOf({ lists, things }: TenantState, kind: Kind): (string | null)[] {
  if (kind.within === undefined) return lists.has(listName(kind, null)) ? [null] : [];
  return things
    .filter((thing) => thing.kind.noun === kind.within && lists.has(listName(kind, thing.key)))
    .map(({ key }) => key);
}

async function read(run: Run, scope: Scope, kind: Kind, parents: (string | null)[]): Promise<readonly Existing[]> {
  if (kind.within === undefined) return scope.all(kind.noun);
  const there = (await scope.all(kind.within)).map(({ key }) => key);
  const names = parents.filter((parent) => parent !== null);
  return kind.read(scope, run.isRehearsal ? names.filter((name) => there.includes(name)) : names);
}

async function performThing(
  run: Run,
  scope: Scope | null,
  thing: WantedThing,
  existing: readonly Existing[],
): Promise<void> {
  const { kind, key, parent, fields, place } = thing;
  const what = `${kind.noun} ${nameOf(run.state, thing, kind)}`;
  if (run.isRehearsal) await checkReferences(run, scope, thing, what);
  const same = existing.filter((each) => each.key === key && each.parent === parent);
  const [found] = same;
  if (same.length > 1) return run.complain(place, `${what}: the registry has ${same.length} of this name`);
  if (found === undefined) return create(run, scope, thing, what);
  const changed = differing(fields, found.fields);
  const fixed = changed.find((name) => kind.fixed.includes(name));
  if (fixed !== undefined)
    return run.complain(place, `${what}: ${fixed} never changes: it is ${JSON.stringify(found.fields[fixed] ?? null)}`);
  if (changed.length > 0 && scope !== null && !run.isRehearsal)
    await trying(run, place, what, () => kind.update(scope, found, thing, changed));
  report(run, changed.length > 0 ? 'updated' : 'unchanged', thing, kind, changed);
}

async function create(run: Run, scope: Scope | null, thing: WantedThing, what: string): Promise<void> {
  const { kind, fields, place } = thing;
  if (!run.isRehearsal && scope !== null) {
    const made = await trying(run, place, what, () => kind.create(scope, thing));
    if (kind.within === undefined) {
      await scope.all(kind.noun);
      scope.remember(kind.noun, made);
    }
    const changed = differing(fields, made.fields);
    if (changed.length > 0) await trying(run, place, what, () => kind.update(scope, made, thing, changed));
  }
  report(run, 'created', thing, kind, []);
}

/** Complains about names that neither the file nor the registry knows. */
async function checkReferences(run: Run, scope: Scope | null, thing: WantedThing, what: string): Promise<void> {
  const { kind, parent, fields, place } = thing;
  const inside = kind.within === undefined || parent === null ? [] : [{ noun: kind.within, key: parent }];
  for (const { noun, key } of [...inside, ...kind.references(fields)]) {
    if (run.state.things.some((each) => each.kind.noun === noun && each.key === key)) continue;
    const names = run.world(noun) ?? namesIn(scope, noun);
    if (!(await names).includes(key)) run.complain(place, `${what}: there is no ${noun} ${key}`);
  }
}

async function namesIn(scope: Scope | null, noun: string): Promise<readonly string[]> {
  return scope === null ? [] : (await scope.all(noun)).map(({ key }) => key);
}

async function remove(run: Run, scope: Scope, kind: Kind, existing: Existing): Promise<void> {
  if (kind.removal === null) return;
  const what = `${kind.noun} ${nameOf(run.state, existing, kind)}`;
  if (!run.isRehearsal) await trying(run, run.state.place, what, () => kind.remove(scope, existing));
  report(run, 'removed', existing, kind, [kind.removal]);
}

async function trying<T>({ complain }: Run, place: Place, what: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof RefusedError) complain(place, `${what}: ${error.message}`);
    throw error;
  }
}

type Named = Pick<Existing, 'key' | 'parent'>;

function report(run: Run, action: Change['action'], thing: Named, kind: Kind, about: readonly string[]): void {
  run.report({ action, noun: kind.noun, name: nameOf(run.state, thing, kind), about });
}

function nameOf({ slug }: TenantState, { key, parent }: Named, { form }: Kind): string {
  return [slug, ...(parent === null ? [] : [parent]), ...(form === 'one' ? [] : [key])].join('/');
}
