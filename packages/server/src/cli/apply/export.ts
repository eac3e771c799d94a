/** Writes one tenant as a file that `apply` and `import` read. Secrets, keys, ids and history stay where they are. */
import { stringify } from 'yaml';
import type { Api, Row } from './api.ts';
import type { Kind } from './kind.ts';
import { kinds, readKind } from './kinds.ts';
import { RefusedError } from './problem.ts';
import { createScope, type Scope } from './scope.ts';
import { FORM_VERSION, TENANT_DOCUMENT } from './state.ts';
import { findTenant, tenantFieldNames } from './tenant.ts';
import type { Existing, Fields } from './things.ts';

export interface Exported {
  readonly document: Fields;
  /** What does not travel, a line each. */
  readonly notes: readonly string[];
}

const STAYS = [
  'ids, API keys, passwords, sessions, secrets of webhooks and providers, logins of databases, trust bundles and nodes',
  'the audit log, events, earlier revisions of configurations and earlier versions of schemas',
];

export async function exportTenant(api: Api, slug: string): Promise<Exported> {
  const row = await findTenant(api, slug);
  if (row === null) throw new RefusedError(`there is no tenant ${slug}`);
  const scope = createScope({ api, slug, tenantId: String(row.id), read: readKind });
  const notes = [...STAYS];
  const note = (text: string) => void notes.push(text);
  const document = {
    version: FORM_VERSION,
    type: TENANT_DOCUMENT,
    ...tenantFields(row, note),
    ...(await membersOf(scope, null, null, note)),
  };
  return { document, notes };
}

/** YAML has comments, which say what is not in it. */
export function exportText({ document, notes }: Exported, isJson: boolean): string {
  if (isJson) return `${JSON.stringify(document, null, 2)}\n`;
  const head = notes.map((note) => `# Not in this file: ${note}`).join('\n');
  return `${head}\n${stringify(document, { lineWidth: 0, aliasDuplicateObjects: false })}`;
}

function tenantFields(row: Row, note: (text: string) => void): Fields {
  const fields = Object.fromEntries(tenantFieldNames.map((name) => [name, row[name]]));
  if (row.status === 'archived') note('that the tenant is archived: it begins anew where the file is imported');
  const isSettled = row.status === 'active' || row.status === 'frozen';
  // The end of a trial that is over is refused, and a new customer begins with a trial by itself.
  const kept = Object.entries(fields).filter(([name, value]) => {
    if (name === 'status') return isSettled;
    return value !== null && (name !== 'trial_ends_at' || row.status === 'trial');
  });
  return Object.fromEntries(kept);
}

async function membersOf(
  scope: Scope,
  within: Kind['within'] | null,
  parent: string | null,
  note: (text: string) => void,
): Promise<Fields> {
  const members: Record<string, unknown> = {};
  for (const kind of kinds.filter((each) => (each.within ?? null) === within)) {
    const found = parent === null ? await scope.all(kind.noun) : await kind.read(scope, [parent]);
    const written = [];
    // In an order of their own: two exports of the same state are the same text.
    for (const each of [...found].sort((a, b) => (a.key < b.key ? -1 : 1)))
      written.push(...(await thingOf(scope, kind, each, note)));
    if (written.length > 0) members[kind.member] = kind.form === 'one' ? written[0] : written;
  }
  return members;
}

async function thingOf(scope: Scope, kind: Kind, existing: Existing, note: (text: string) => void): Promise<unknown[]> {
  const { fields, key } = existing;
  // Its provider brings it again.
  if (kind.textField !== undefined) return existing.isKept ? [] : [fields[kind.textField]];
  const portable = kind.portable?.(fields, note) ?? fields;
  const within = kind.noun === 'project' || kind.noun === 'group' ? kind.noun : null;
  const inside = within === null ? {} : await membersOf(scope, within, key, note);
  const kept = Object.entries(portable).filter(([name, value]) => !isNothing(name, value));
  return [{ ...Object.fromEntries(kept), ...inside }];
}

/** Content may be anything, null too. */
function isNothing(name: string, value: unknown): boolean {
  if (name === 'content') return false;
  return value === undefined || value === null || value === '' || (name === 'disabled' && value === false);
}
