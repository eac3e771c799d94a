/** What the commands `apply`, `export` and `import` do, without the command line. */
import { readFileSync, writeFileSync } from 'node:fs';
import { UsageError } from '@tenant-registry/db';
import type { Api } from './api.ts';
import { applyStates, type Change } from './engine.ts';
import { exportTenant, exportText } from './export.ts';
import { RefusedError } from './problem.ts';
import { readStates } from './read-file.ts';
import type { TenantState } from './state.ts';
import { findTenant } from './tenant.ts';

/** Where results, and words beside them, are written. */
export interface Output {
  result(text: string): void;
  aside(text: string): void;
}

export interface ApplyCall {
  readonly file: string;
  readonly dryRun: boolean;
  readonly prune: boolean;
  readonly json: boolean;
  readonly verbose: boolean;
}

/** Makes the registry be as the file says; resolves to how many things changed, or would change. */
export async function applyFile(api: Api, call: ApplyCall, output: Output): Promise<number> {
  return applyRead(api, readStates(textOf(call.file), call.file), call, output);
}

/** As `applyFile`, for tenants that are not there yet; with `merge` also for those that are. */
export async function importFile(
  api: Api,
  call: ApplyCall & { readonly merge: boolean },
  output: Output,
): Promise<number> {
  const states = readStates(textOf(call.file), call.file);
  for (const { slug } of call.merge ? [] : states) {
    if ((await findTenant(api, slug)) === null) continue;
    throw new RefusedError(`tenant ${slug} exists: --merge brings what the file has into it. Nothing was changed.`);
  }
  return applyRead(api, states, call, output);
}

async function applyRead(api: Api, states: TenantState[], call: ApplyCall, output: Output): Promise<number> {
  const changes: Change[] = [];
  const report = (change: Change) => {
    changes.push(change);
    const isShown = change.action !== 'unchanged' || call.verbose;
    if (isShown && !call.json) output.result(lineOf(change, call.dryRun));
  };
  await applyStates({ api, states, dryRun: call.dryRun, prune: call.prune, report });
  const counts = { created: 0, updated: 0, removed: 0, unchanged: 0 };
  for (const { action } of changes) counts[action] += 1;
  const shown = call.verbose ? changes : changes.filter(({ action }) => action !== 'unchanged');
  if (call.json) output.result(JSON.stringify({ dry_run: call.dryRun, ...counts, changes: shown }));
  else output.result(summaryOf(counts, call.dryRun));
  for (const { noun, name, action } of call.dryRun ? [] : changes)
    if (noun === 'webhook' && action === 'created')
      output.aside(`webhook ${name}: its secret was made and not shown; rotate-secret shows a new one`);
  return counts.created + counts.updated + counts.removed;
}

function lineOf({ action, noun, name, about }: Change, dryRun: boolean): string {
  const [verb, more] = action === 'removed' ? [about[0] ?? action, []] : [action, about];
  const text = `${noun} ${name}${more.length > 0 ? `: ${more.join(', ')}` : ''}`;
  return dryRun && action !== 'unchanged' ? `would be ${verb} ${text}` : `${verb} ${text}`;
}

function summaryOf(counts: Readonly<Record<Change['action'], number>>, dryRun: boolean): string {
  const { created, updated, removed, unchanged } = counts;
  const text = `${created} created, ${updated} updated, ${removed} removed, ${unchanged} unchanged`;
  return dryRun ? `dry run, nothing was changed: ${text}` : text;
}

export interface ExportCall {
  readonly tenant: string;
  /** Absent: the result is printed. A name that ends with .json makes it JSON. */
  readonly out: string | undefined;
  readonly json: boolean;
}

export async function exportToFile(api: Api, { tenant, out, json }: ExportCall, output: Output): Promise<void> {
  const exported = await exportTenant(api, tenant);
  const text = exportText(exported, json || (out?.endsWith('.json') ?? false));
  if (out === undefined) output.result(text.trimEnd());
  else write(out, text);
  for (const note of exported.notes) output.aside(`not exported: ${note}`);
}

function textOf(file: string): string {
  try {
    return readFileSync(file === '-' ? 0 : file, 'utf8');
  } catch (error) {
    throw new UsageError(`${file}: ${error instanceof Error ? error.message : error}`);
  }
}

/** It names people, so it is its owner's alone. */
function write(file: string, text: string): void {
  try {
    writeFileSync(file, text, { mode: 0o600 });
  } catch (error) {
    throw new RefusedError(`${file}: ${error instanceof Error ? error.message : error}`);
  }
}
