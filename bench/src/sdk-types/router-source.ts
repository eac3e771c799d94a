/** Writes the source of a router of any size, shaped like that of the registry, and the manifest of its operations. */
import { fileURLToPath } from 'node:url';

type Kind = 'query' | 'list' | 'mutation' | 'safe' | 'EXPORT /v1/audit/export' | 'FEED /v1/internal/changes';
type Groups = Readonly<Record<string, Readonly<Record<string, Kind>>>>;

/** The operations that the SDK's own source names. */
const core: Groups = {
  tenants: { create: 'mutation', list: 'list', get: 'query', update: 'mutation' },
  apiKeys: { create: 'mutation', list: 'list', verify: 'safe', revoke: 'mutation' },
  audit: { append: 'mutation', list: 'list', export: 'EXPORT /v1/audit/export' },
  changes: { stream: 'FEED /v1/internal/changes' },
};
/** The SDK's verifier reads the fields of verdicts, so `apiKeys.verify` has the registry's own schemas. */
const apiKeySchemas = fileURLToPath(
  new URL('../../../packages/server/src/modules/api-keys/schema.ts', import.meta.url),
);
export const PROCEDURES_MIN = 12;

const further = ['create', 'list', 'get', 'update', 'archive', 'delete', 'check', 'verify'] as const;
const kinds: Readonly<Record<(typeof further)[number], Kind>> = {
  create: 'mutation',
  list: 'list',
  get: 'query',
  update: 'mutation',
  archive: 'mutation',
  delete: 'mutation',
  check: 'query',
  verify: 'safe',
};

/** Returns the groups of a router with this number of procedures. */
export function groupsOf(procedures: number): Groups {
  const groups: Record<string, Record<string, Kind>> = {};
  for (let left = procedures - PROCEDURES_MIN, group = 1; left > 0; left -= further.length, group += 1) {
    groups[`things${group}`] = Object.fromEntries(further.slice(0, left).map((name) => [name, kinds[name]]));
  }
  return { ...core, ...groups };
}

/** Returns the source of a module that exports `AppRouter` and `ErrorCode`. */
export function routerSource(groups: Groups): string {
  const routers = Object.entries(groups).map(([group, operations]) => {
    const lines = Object.entries(operations).map(([name, kind]) => {
      const verifies = group === 'apiKeys' && name === 'verify';
      return `    ${name}: ${verifies ? verifySource : procedureSource(group, kind)},\n`;
    });
    return `const ${group}Thing = ${shape(group, false)};\nexport const ${group} = t.router({\n${lines.join('')}});\n`;
  });
  return [
    "import { initTRPC } from '@trpc/server';",
    "import { z } from 'zod';",
    `import { verdict, verifyApiKeyInput } from ${JSON.stringify(apiKeySchemas)};`,
    'const t = initTRPC.create();',
    'const id = z.strictObject({ id: z.uuid() });',
    ...routers,
    `export const appRouter = t.router({ ${Object.keys(groups).join(', ')} });`,
    'export type AppRouter = typeof appRouter;',
    "export type ErrorCode = 'not_found' | 'slug_taken' | 'idempotency_key_in_flight' | 'unavailable' | 'invalid_input';",
    '',
  ].join('\n');
}

/** Returns the source of the SDK's manifest. */
export function manifestSource(groups: Groups): string {
  const verbs: Readonly<Record<string, string>> = { query: 'GET', list: 'LIST', mutation: 'POST', safe: 'SAFE' };
  const routed = (_: string, value: unknown) =>
    typeof value === 'string' && value in verbs ? `${verbs[value]} /v1/things` : value;
  const text = JSON.stringify(groups, routed, 2);
  return `import type { Kinds } from './kinds.ts';\nexport const operations = ${text} as const satisfies Kinds;\n`;
}

const verifySource =
  't.procedure.input(verifyApiKeyInput).output(verdict).mutation((): never => { throw new Error(); })';

function procedureSource(group: string, kind: Kind): string {
  const thing = `${group}Thing`;
  switch (kind) {
    case 'list':
      return `t.procedure.input(z.strictObject({ status: z.enum(['${group}_open', 'closed']).optional(), limit: z.int().default(50), cursor: z.string().optional() })).output(z.object({ items: z.array(${thing}), next_cursor: z.string().nullable() })).query((): never => { throw new Error(); })`;
    case 'query':
      return `t.procedure.input(id).output(${thing}).query((): never => { throw new Error(); })`;
    case 'EXPORT /v1/audit/export':
      return `t.procedure.input(z.strictObject({ action: z.string().optional(), format: z.enum(['ndjson', 'csv']).default('ndjson') })).output(z.custom<AsyncIterable<string>>()).query((): never => { throw new Error(); })`;
    case 'FEED /v1/internal/changes':
      return `t.procedure.input(z.strictObject({})).output(z.custom<AsyncIterable<string> & { readonly mediaType: 'text/event-stream' }>()).query((): never => { throw new Error(); })`;
    default:
      return `t.procedure.input(${shape(group, true)}).output(${thing}).mutation((): never => { throw new Error(); })`;
  }
}

/** Returns a schema with the number and kinds of fields that a tenant has. */
function shape(group: string, input: boolean): string {
  const more = input ? '.nullish()' : '.nullable()';
  const fields = [
    `slug: z.string()`,
    `name: z.string()${input ? '.optional()' : ''}`,
    `kind: z.enum(['${group}_customer', 'demo'])${input ? ".default('demo')" : ''}`,
    ...['plan', 'erp_id', 'stripe_id', 'trial_ends_at', 'starts_on', 'ends_on', 'owner'].map(
      (f) => `${f}: z.string()${more}`,
    ),
    ...(input ? [] : [`id: z.uuid()`, `status: z.enum(['trial', 'active', '${group}_done'])`]),
    ...(input ? [] : ['frozen_at', 'archived_at'].map((f) => `${f}: z.string().nullable()`)),
    ...(input ? [] : ['created_at', 'updated_at'].map((f) => `${f}: z.string()`)),
    `config: z.record(z.string(), z.unknown())${input ? '.optional()' : ''}`,
  ];
  return `${input ? 'z.strictObject' : 'z.object'}({ ${fields.join(', ')} })`;
}
