/** The shapes of managed databases: what comes in, what goes out, what happened. */
import { z } from 'zod';
import { defineEvent } from '../../kernel/events.ts';
import { pageInput, pageOf } from '../../kernel/pagination.ts';
import { id, textUpTo, timestamp } from '../../kernel/schema.ts';

const NAME_LENGTH_MAX = 63;
const TEAM_LENGTH_MAX = 255;
const PURPOSE_LENGTH_MAX = 500;
const MESSAGE_LENGTH_MAX = 2_000;

export const databaseStatuses = ['provisioning', 'ready', 'error', 'deleting', 'deleted'] as const;
export type DatabaseStatus = (typeof databaseStatuses)[number];

/** Why a database is where it is, by status. */
export const databaseReasons = {
  provisioning: [
    'queued',
    'applying',
    'waiting_for_database',
    'waiting_for_pooler',
    'waiting_for_credentials',
    'provisioner_unavailable',
  ],
  ready: ['healthy', 'changing', 'degraded', 'asleep'],
  error: ['timed_out', 'refused', 'conflict', 'lost', 'unrecoverable'],
  deleting: ['removing', 'waiting_for_finalizer', 'provisioner_unavailable'],
  deleted: ['destroyed', 'retained', 'abandoned'],
} as const satisfies Record<DatabaseStatus, readonly string[]>;
export type DatabaseReason = (typeof databaseReasons)[DatabaseStatus][number];
const reasons = [...new Set(Object.values(databaseReasons).flat())] as [DatabaseReason, ...DatabaseReason[]];

/** What can be done with a database. */
export const databaseSteps = ['update', 'retry', 'rotate', 'connect', 'delete'] as const;
export type DatabaseStep = (typeof databaseSteps)[number];

/** A Kubernetes quantity, of which only the plain forms are taken: `500m`, `2`, `512Mi`, `10Gi`. */
const cpu = z
  .string()
  .max(12)
  .regex(/^([1-9]\d{0,3}|[1-9]\d{0,6}m)$/, 'must be cores, such as 2, or thousandths of one, such as 500m')
  .meta({ examples: ['500m'] });
const bytes = z
  .string()
  .max(12)
  .regex(/^[1-9]\d{0,5}(Mi|Gi|Ti)$/, 'must be a quantity such as 512Mi, 10Gi or 1Ti')
  .meta({ examples: ['10Gi'] });

const instances = z.int().min(1).max(9);
const connections = z.int().min(1).max(10_000);

export const databaseSpec = z
  .object({
    instances: instances.describe('Servers that hold the data: one writes, the others follow.'),
    cpu: cpu.describe('Of each instance.'),
    memory: bytes.describe('Of each instance.'),
    storage: bytes.describe('Of each instance. It never shrinks.'),
    image: z
      .string()
      .max(500)
      .nullable()
      .meta({
        description: 'The image that runs; null: the one of the provisioner.',
        examples: [null],
      }),
    parameters: z
      .record(z.string().max(63), z.string().max(500))
      .meta({ description: 'Settings of PostgreSQL, by name.', examples: [{ work_mem: '16MB' }] }),
    connections: connections.describe('Connections that clients may have at once.'),
    pool: z
      .object({
        mode: z.enum(['session', 'transaction']).describe('How long a client keeps its connection.'),
        instances: instances.describe('Poolers in front of the database.'),
      })
      .describe('The pooler in front of the database, where the provisioner has one.'),
    backup_schedule: z
      .string()
      .max(100)
      .nullable()
      .meta({
        description: 'Six fields of cron, seconds first; null: no backups by schedule.',
        examples: ['0 0 3 * * *'],
      }),
    extensions: z
      .array(z.string().max(63))
      .max(50)
      .meta({ description: 'Extensions that the database has.', examples: [['pg_trgm']] }),
  })
  .meta({ id: 'DatabaseSpec', description: 'How a database is built.' });
export type DatabaseSpec = z.infer<typeof databaseSpec>;

export const databaseOverrides = z
  .strictObject({
    instances: instances.optional().describe('Instead of the number of the tier.'),
    cpu: cpu.optional().describe('Instead of the quantity of the tier.'),
    memory: bytes.optional().describe('Instead of the quantity of the tier.'),
    storage: bytes.optional().describe('Instead of the quantity of the tier.'),
    connections: connections.optional().describe('Instead of the number of the tier.'),
  })
  .meta({
    description: 'What differs from the tier, as far as the tier allows it.',
    examples: [{ storage: '20Gi' }],
  });
export type DatabaseOverrides = z.infer<typeof databaseOverrides>;

const condition = z
  .object({
    type: textUpTo(200).meta({ description: 'What is told.', examples: ['Ready'] }),
    status: textUpTo(10).meta({ description: 'Whether it holds: `True`, `False` or `Unknown`.', examples: ['True'] }),
    reason: textUpTo(200)
      .nullable()
      .meta({ description: 'Why, as a word.', examples: ['ClusterIsReady'] }),
    message: textUpTo(MESSAGE_LENGTH_MAX)
      .nullable()
      .meta({ description: 'Why, for people.', examples: [null] }),
  })
  .describe('A fact as the provisioner tells it.');

const about = {
  name: 'Unique among the databases of the tenant that are not deleted. It never changes.',
  owner_team: 'The slug of the group of the tenant that the database belongs to.',
  purpose: 'What it is for.',
  tier: 'How it is built: one of `GET /v1/database-tiers`.',
  namespace: 'Where it is made: one of the namespaces of the tier. It never changes.',
  deletion_policy:
    'What a deletion does: `retain` closes all logins and keeps the data, which is listed as an orphan; `destroy` removes everything.',
  deletion_protection: 'While true, no deletion is taken.',
} as const;

const reason = z.enum(reasons).describe('Why the database is where it is.');
const message = textUpTo(MESSAGE_LENGTH_MAX)
  .nullable()
  .meta({
    description: 'What is waited for, or what a person has to do; null when there is nothing to say.',
    examples: [null],
  });
const status = z
  .enum(databaseStatuses)
  .describe('Whether it can be used: `ready`. A failure that waits for a person, or for time, is `error`.');

const fields = {
  id,
  tenant_id: id,
  project_id: id.nullable().describe('The project that it is for; null: the tenant.'),
  name: textUpTo(NAME_LENGTH_MAX).meta({ description: about.name, examples: ['orders'] }),
  owner_team: textUpTo(TEAM_LENGTH_MAX).meta({ description: about.owner_team, examples: ['payments'] }),
  purpose: textUpTo(PURPOSE_LENGTH_MAX).meta({ description: about.purpose, examples: ['Orders of the web shop'] }),
  tier: textUpTo(100).meta({ description: about.tier, examples: ['small'] }),
  provisioner: textUpTo(100).meta({ description: 'Who makes it.', examples: ['local'] }),
  namespace: textUpTo(NAME_LENGTH_MAX).meta({ description: about.namespace, examples: ['default'] }),
  cluster_name: textUpTo(NAME_LENGTH_MAX).meta({
    description: 'Its name where it is made.',
    examples: ['orders-k3m7q2xa'],
  }),
  pooler_name: textUpTo(NAME_LENGTH_MAX).meta({
    description: 'The name of the pooler in front of it.',
    examples: ['orders-k3m7q2xa-pooler'],
  }),
  spec: databaseSpec.describe('How it is built: its tier at the last change, with its overrides.'),
  generation: z.int().min(1).describe('Counts the changes of what is wanted.'),
  status,
  reason,
  message,
  since: timestamp.describe('When status or reason last changed.'),
  in_sync: z
    .boolean()
    .describe('Whether everything is as ordered; a database can be used while a change is under way.'),
  conditions: z.array(condition).max(100).describe('What the provisioner tells of it.'),
  host: textUpTo(253)
    .nullable()
    .meta({ description: 'Where clients connect; null until it is ready.', examples: ['db.example'] }),
  port: z.int().min(1).max(65_535).nullable().describe('The port there.'),
  secret_name: textUpTo(NAME_LENGTH_MAX)
    .nullable()
    .meta({
      description: 'The secret with the credentials: the registry keeps no password.',
      examples: ['orders-k3m7q2xa-credentials'],
    }),
  deletion_policy: z.enum(['retain', 'destroy', 'abandon']).describe(about.deletion_policy),
  deletion_protection: z.boolean().describe(about.deletion_protection),
  created_at: timestamp,
  updated_at: timestamp,
  deleted_at: timestamp.nullable().describe('When nothing was left of it, or it was given up.'),
} as const;

export const database = z
  .object({
    ...fields,
    overrides: databaseOverrides,
    attempts: z.int().min(0).describe('Failed passes in a row.'),
    error_message: textUpTo(MESSAGE_LENGTH_MAX)
      .nullable()
      .meta({
        description: 'Why the last pass failed; null after one that did not.',
        examples: [null],
      }),
    next_reconcile_at: timestamp.nullable().describe('When it is looked at next; null while it is ready and in sync.'),
    old_login_until: timestamp
      .nullable()
      .describe('Until when the login before the last rotation works; null when only one does.'),
    allowed: z
      .array(z.enum(databaseSteps))
      .max(10)
      .meta({
        description: 'What can be done with it now.',
        examples: [['update', 'retry', 'rotate', 'connect', 'delete']],
      }),
  })
  .meta({ id: 'Database', description: 'A PostgreSQL database that is kept as it was ordered.' });
export type Database = z.infer<typeof database>;

/** What moves with the passes of the reconciler: no part of the ETag, so that an idle pass makes no copy stale. */
export const passingFields = [
  'attempts',
  'error_message',
  'next_reconcile_at',
] as const satisfies readonly (keyof Database)[];

export const databasePage = pageOf(database).meta({ id: 'DatabasePage', description: 'A page of databases.' });

/** The check databases_name_check holds this rule too. */
const databaseName = z
  .string()
  .max(NAME_LENGTH_MAX)
  .regex(
    /^[a-z]([a-z0-9-]{0,61}[a-z0-9])?$/,
    'must begin with a lower case letter, go on with lower case letters, digits and dashes, and not end with a dash',
  )
  .meta({ description: about.name, minLength: 1, examples: ['orders'] });
const tierName = z
  .string()
  .min(1)
  .max(100)
  .meta({ description: about.tier, examples: ['small'] });
const namespaceName = z
  .string()
  .max(NAME_LENGTH_MAX)
  .regex(/^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/, 'must be lower case letters, digits and inner dashes')
  .meta({ description: about.namespace, minLength: 1, examples: ['default'] });
const ownerTeam = z
  .string()
  .min(1)
  .max(TEAM_LENGTH_MAX)
  .meta({ description: about.owner_team, examples: ['payments'] });
const purpose = z
  .string()
  .max(PURPOSE_LENGTH_MAX)
  .meta({ description: about.purpose, examples: ['Orders of the web shop'] });
const deletionPolicy = z.enum(['retain', 'destroy']).describe(about.deletion_policy);

export const createDatabaseInput = z.strictObject({
  tenant_id: id,
  project_id: id.nullish().describe('The project that it is for. Absent: the tenant.'),
  name: databaseName,
  owner_team: ownerTeam,
  purpose: purpose.default(''),
  tier: tierName,
  namespace: namespaceName.optional().meta({ description: 'Absent: the first namespace of the tier.' }),
  overrides: databaseOverrides.optional(),
  deletion_policy: deletionPolicy.optional().describe('Absent: the policy of the tier.'),
  deletion_protection: z.boolean().default(false).describe(about.deletion_protection),
});
export type CreateDatabase = z.output<typeof createDatabaseInput>;

export const databaseId = z.strictObject({ id });

export const listDatabasesInput = z.strictObject({
  ...pageInput,
  tenant_id: id.optional().describe('Only the databases of this tenant.'),
  project_id: id.optional().describe('Only the databases of this project.'),
  owner_team: ownerTeam.optional().describe('Only the databases of this team.'),
  status: status.optional().describe('Only databases in this status; `deleted` shows deleted ones.'),
  tier: tierName.optional().describe('Only databases of this tier.'),
  q: z
    .string()
    .min(1)
    .max(NAME_LENGTH_MAX)
    .optional()
    .meta({
      description: 'Only databases whose name contains it.',
      examples: ['orders'],
    }),
  include_deleted: z.boolean().default(false).describe('Deleted databases too.'),
});
export type ListDatabases = z.output<typeof listDatabasesInput>;

export const updateDatabaseInput = z.strictObject({
  id,
  name: z
    .string()
    .max(NAME_LENGTH_MAX)
    .optional()
    .meta({ readOnly: true, description: 'Never changes: sending it gives 400 `database_field_immutable`.' }),
  namespace: z
    .string()
    .max(NAME_LENGTH_MAX)
    .optional()
    .meta({ readOnly: true, description: 'Never changes: sending it gives 400 `database_field_immutable`.' }),
  owner_team: ownerTeam.optional(),
  purpose: purpose.optional(),
  tier: tierName.optional().describe('Another tier, or the same one as it is now.'),
  overrides: databaseOverrides.optional().describe('In place of all overrides there are.'),
  deletion_policy: deletionPolicy.optional(),
  deletion_protection: z.boolean().optional().describe(about.deletion_protection),
});
export type UpdateDatabase = z.output<typeof updateDatabaseInput>;

export const deleteDatabaseInput = z.strictObject({
  id,
  confirm: z
    .string()
    .max(NAME_LENGTH_MAX)
    .meta({ description: 'The name of the database.', examples: ['orders'] }),
  policy: deletionPolicy.optional().describe('Absent: the deletion_policy of the database.'),
  abandon: z
    .boolean()
    .default(false)
    .describe('For operators: its provisioner is gone for good, so only the row is closed.'),
});
export type DeleteDatabase = z.output<typeof deleteDatabaseInput>;

export const retryDatabaseInput = z.strictObject({
  id,
  accept_data_loss: z.boolean().default(false).describe('Of a lost database: an empty one is made in its place.'),
});
export type RetryDatabase = z.output<typeof retryDatabaseInput>;

export const rotateDatabaseInput = z.strictObject({
  id,
  grace_seconds: z
    .int()
    .min(0)
    .max(604_800)
    .default(3_600)
    .describe('How long the old login works beside the new one. 0 ends its sessions at once.'),
});
export type RotateDatabase = z.output<typeof rotateDatabaseInput>;

export const databaseConnection = z
  .object({
    host: textUpTo(253).meta({ description: 'Where clients connect.', examples: ['db.example'] }),
    port: z.int().min(1).max(65_535).describe('The port there.'),
    sslmode: z
      .enum(['disable', 'prefer', 'require', 'verify-ca', 'verify-full'])
      .describe('The `sslmode` of libpq that fits.'),
    secret: z
      .object({
        kind: z
          .enum(['kubernetes', 'directory'])
          .describe('A Secret of Kubernetes, or a folder with a file for each key.'),
        namespace: textUpTo(500).meta({
          description: 'Of the Secret; of a folder, where it lies.',
          examples: ['default'],
        }),
        name: textUpTo(NAME_LENGTH_MAX).meta({
          description: 'Its name.',
          examples: ['orders-k3m7q2xa-credentials'],
        }),
        keys: z
          .array(textUpTo(NAME_LENGTH_MAX))
          .max(20)
          .meta({
            description: 'What is in it.',
            examples: [['user', 'password', 'host', 'port', 'dbname', 'uri']],
          }),
      })
      .describe('Where user and password are. They change with each rotation: read them at each connect.'),
  })
  .meta({ id: 'DatabaseConnection', description: 'How to connect, without a password.' });
export type DatabaseConnection = z.infer<typeof databaseConnection>;

export const listDatabaseEventsInput = z.strictObject({ ...pageInput, id });
export type ListDatabaseEvents = z.output<typeof listDatabaseEventsInput>;

export const databaseEvent = z
  .object({
    id,
    type: textUpTo(100).meta({ description: 'What happened.', examples: ['database.ready'] }),
    reason: textUpTo(100)
      .nullable()
      .meta({ description: 'The reason at that moment.', examples: ['healthy'] }),
    message: textUpTo(MESSAGE_LENGTH_MAX)
      .nullable()
      .meta({ description: 'What was said of it.', examples: [null] }),
    actor: textUpTo(500)
      .nullable()
      .meta({ description: 'Who did it.', examples: ['system:databases-reconcile'] }),
    occurred_at: timestamp.describe('When it happened.'),
  })
  .meta({ id: 'DatabaseEvent', description: 'One thing that happened to a database.' });
export type DatabaseEvent = z.infer<typeof databaseEvent>;
export const databaseEventPage = pageOf(databaseEvent).meta({
  id: 'DatabaseEventPage',
  description: 'A page of what happened to a database.',
});

const limits = <Each extends z.ZodType>(each: Each, [least, most]: readonly [unknown, unknown]) =>
  z
    .object({
      min: each.nullable().meta({ description: 'The least; null: no bound.', examples: [least] }),
      max: each.nullable().meta({ description: 'The most; null: no bound.', examples: [most] }),
    })
    .describe('What may be chosen, both bounds included.');
const numbers = limits(z.int(), [1, 3]);
const quantities = limits(textUpTo(12), ['1Gi', '50Gi']);

export const databaseTier = z
  .object({
    name: textUpTo(100).meta({ description: 'Its name.', examples: ['small'] }),
    description: textUpTo(500).meta({ description: 'What it is for.', examples: ['For tests'] }),
    provisioner: textUpTo(100).meta({ description: 'Who makes its databases.', examples: ['local'] }),
    spec: databaseSpec,
    overrides: z
      .object({
        instances: numbers.optional(),
        cpu: quantities.optional(),
        memory: quantities.optional(),
        storage: quantities.optional(),
        connections: numbers.optional(),
      })
      .describe('What an order may choose otherwise, within bounds.'),
    namespaces: z
      .array(textUpTo(NAME_LENGTH_MAX))
      .max(100)
      .meta({
        description: 'Where its databases can be made; the first one unless an order says otherwise.',
        examples: [['default']],
      }),
    max_per_tenant: z.int().min(0).describe('Databases of the tier that a tenant may have; 0: no limit.'),
    provision_timeout_s: z.int().min(1).describe('After so long without becoming ready, its database is in error.'),
    deletion_policy: deletionPolicy,
  })
  .meta({ id: 'DatabaseTier', description: 'A way to build databases that can be ordered.' });
export type DatabaseTier = z.infer<typeof databaseTier>;

export const listDatabaseTiersInput = z.strictObject({});

export const databaseTierList = z
  .object({ items: z.array(databaseTier).max(200).describe('Every tier, in the order of the file.') })
  .meta({ id: 'DatabaseTierList', description: 'What can be ordered.' });

export const listDatabaseOrphansInput = z.strictObject({
  ...pageInput,
  provisioner: z
    .string()
    .min(1)
    .max(100)
    .meta({ description: 'Whose world is looked at.', examples: ['local'] }),
});
export type ListDatabaseOrphans = z.output<typeof listDatabaseOrphansInput>;

export const databaseOrphan = z
  .object({
    database_id: id.describe('The database in its mark.'),
    tenant_id: id.nullable().describe('The tenant of that database; null when the registry has no row of it.'),
    namespace: textUpTo(NAME_LENGTH_MAX).meta({ description: 'Where it is.', examples: ['default'] }),
    kind: textUpTo(100).meta({ description: 'What it is.', examples: ['Cluster'] }),
    name: textUpTo(NAME_LENGTH_MAX).meta({ description: 'Its name there.', examples: ['orders-k3m7q2xa'] }),
    why: z
      .enum(['retained', 'no_row', 'deleted'])
      .describe('Its deletion kept the data; no database of the registry is meant by its mark; or it should be gone.'),
  })
  .meta({
    id: 'DatabaseOrphan',
    description: 'Something that carries the mark of the registry and belongs to no live database.',
  });
export type DatabaseOrphan = z.infer<typeof databaseOrphan>;
export const databaseOrphanPage = pageOf(databaseOrphan).meta({
  id: 'DatabaseOrphanPage',
  description: 'A page of orphans.',
});

const payload = z.object(fields);
const subject = ({ id, tenant_id, project_id, name }: z.output<typeof payload>) => ({
  tenant_id,
  project_id,
  target: { type: 'database', id, name },
});
const event = <const Type extends string>(type: Type, description: string) =>
  defineEvent({ type, description, payload, subject });

export const databaseEvents = {
  created: event('database.created', 'A database was ordered.'),
  updated: event('database.updated', 'What is wanted of a database changed.'),
  ready: event('database.ready', 'A database can be used.'),
  failed: event('database.failed', 'A database was not ready in time, or only a person can go on.'),
  retried: event('database.retried', 'Somebody asked for another try.'),
  driftRepaired: event('database.drift_repaired', 'Something that had changed by itself was put back: see message.'),
  lost: event(
    'database.lost',
    'The database is not there any more, or another one is in its place. Nothing was made instead.',
  ),
  asleep: event('database.asleep', 'A database sleeps with its tenant: its data is kept, and nobody gets in.'),
  awake: event('database.awake', 'A database can be used again.'),
  rotated: event('database.rotated', 'The credentials of a database are those of another login.'),
  oldLoginClosed: event('database.old_login_closed', 'The login before the last rotation is closed.'),
  deletionRequested: event('database.deletion_requested', 'A database is to be deleted.'),
  deleted: event('database.deleted', 'A database is deleted, retained or abandoned: see reason.'),
} as const;
