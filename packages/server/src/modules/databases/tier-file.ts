/** A tier as DATABASES_FILE states it: `DatabaseTier` without its name, with defaults. */
import { z } from 'zod';
import { type DatabaseTier, databaseOverrides, databaseSpec } from './schema.ts';
import { amountOf } from './tiers.ts';

const TIMEOUT_S = 900;
const TIMEOUT_S_MAX = 86_400;

const { instances, cpu, memory, storage, connections, image, parameters, pool, backup_schedule, extensions } =
  databaseSpec.shape;
const POOL = { mode: 'transaction', instances: 1 } as const;

/** A name that can be written without quotes; a dot is inside the parameters of extensions. */
const parameterName = z
  .string()
  .regex(/^[a-z_][a-z0-9_]*(\.[a-z_][a-z0-9_]*)?$/, 'must be named as PostgreSQL names its parameters')
  .max(63)
  .refine((name) => !REFUSED.has(name), 'would change who a session acts as');
const REFUSED = new Set(['role', 'session_authorization', 'is_superuser']);

const spec = z.strictObject({
  instances: instances.default(1),
  cpu: cpu.default('500m'),
  memory: memory.default('512Mi'),
  storage: storage.default('10Gi'),
  image: image.default(null),
  parameters: z.record(parameterName, parameters.valueType).default({}),
  connections: connections.default(100),
  pool: z
    .strictObject({ mode: pool.shape.mode.default(POOL.mode), instances: pool.shape.instances.default(1) })
    .default(POOL),
  backup_schedule: backup_schedule
    .refine((text) => text === null || text.trim().split(/\s+/).length === 6, 'must have six fields, seconds first')
    .default(null),
  extensions: extensions.refine((all) => new Set(all).size === all.length, 'names an extension twice').default([]),
});

/** Both bounds are values that the field itself may have. */
const within = <Value extends z.ZodType<number | string>>(value: Value) =>
  z.strictObject({ min: value.nullable().default(null), max: value.nullable().default(null) });

const namespace = z
  .string()
  .regex(/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/, 'must be up to 63 lower case letters, digits and inner dashes');

export const tierShape = z.strictObject({
  description: z.string().max(500).default(''),
  provisioner: z.string().min(1).max(100),
  spec,
  overrides: z
    .strictObject({
      instances: within(instances).optional(),
      cpu: within(cpu).optional(),
      memory: within(memory).optional(),
      storage: within(storage).optional(),
      connections: within(connections).optional(),
    })
    .default({}),
  namespaces: z
    .array(namespace)
    .min(1)
    .max(100)
    .refine((all) => new Set(all).size === all.length, 'names a namespace twice')
    .default(['default']),
  max_per_tenant: z.int().min(0).default(0),
  provision_timeout_s: z.int().min(1).max(TIMEOUT_S_MAX).default(TIMEOUT_S),
  deletion_policy: z.enum(['retain', 'destroy']).default('retain'),
}) satisfies z.ZodType<Omit<DatabaseTier, 'name'>>;
export type Tier = z.output<typeof tierShape>;

type Bounded = keyof typeof databaseOverrides.shape;

/** Returns the bounds that leave out the tier's own value, or everything. */
export function boundMistakes({ spec, overrides }: Tier): { pointer: string; message: string }[] {
  return (Object.keys(databaseOverrides.shape) as Bounded[]).flatMap((field) => {
    const { min = null, max = null } = overrides[field] ?? {};
    const own = spec[field];
    const amount = (value: number | string) => amountOf(field, value);
    const wrong = (bound: 'min' | 'max', message: string) => [{ pointer: `/overrides/${field}/${bound}`, message }];
    if (min !== null && max !== null && amount(min) > amount(max)) return wrong('min', `is more than max, ${max}`);
    return [
      ...(min !== null && amount(min) > amount(own) ? wrong('min', `is more than the tier's own value, ${own}`) : []),
      ...(max !== null && amount(max) < amount(own) ? wrong('max', `is less than the tier's own value, ${own}`) : []),
    ];
  });
}
