/** Writes the source of a router of any size, shaped like that of the registry. */

type Kind = 'query' | 'list' | 'mutation';

/** The operations of each group. The program of the benchmark uses those of the first two. */
const kinds: Readonly<Record<string, Kind>> = {
  create: 'mutation',
  list: 'list',
  get: 'query',
  update: 'mutation',
  archive: 'mutation',
  delete: 'mutation',
  check: 'query',
  verify: 'mutation',
};

/** Returns the source of a module that exports `AppRouter`, with this number of procedures. */
export function routerSource(procedures: number): string {
  const names = Object.keys(kinds);
  const groups = Array.from({ length: Math.ceil(procedures / names.length) }, (_, index) => ({
    name: ['tenants', 'apiKeys'][index] ?? `things${index}`,
    operations: names.slice(0, procedures - index * names.length),
  }));
  const routers = groups.map(({ name: group, operations }) => {
    const lines = operations.map((name) => `    ${name}: ${procedureSource(group, kinds[name] ?? 'query')},\n`);
    return `const ${group}Thing = ${shape(group, false)};\nexport const ${group} = t.router({\n${lines.join('')}});\n`;
  });
  return [
    "import { initTRPC } from '@trpc/server';",
    "import { z } from 'zod';",
    'const t = initTRPC.create();',
    'const id = z.strictObject({ id: z.uuid() });',
    ...routers,
    `export const appRouter = t.router({ ${groups.map(({ name }) => name).join(', ')} });`,
    'export type AppRouter = typeof appRouter;',
    '',
  ].join('\n');
}

function procedureSource(group: string, kind: Kind): string {
  const thing = `${group}Thing`;
  switch (kind) {
    case 'list':
      return `t.procedure.input(z.strictObject({ status: z.enum(['${group}_open', 'closed']).optional(), limit: z.int().default(50), cursor: z.string().optional() })).output(z.object({ items: z.array(${thing}), next_cursor: z.string().nullable() })).query((): never => { throw new Error(); })`;
    case 'query':
      return `t.procedure.input(id).output(${thing}).query((): never => { throw new Error(); })`;
    case 'mutation':
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
