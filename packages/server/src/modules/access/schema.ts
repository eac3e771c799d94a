/** The shapes of access: who a caller is, what a principal may do, and what a change takes away. */
import { z } from 'zod';
import { FIRST_TENANT } from '../../kernel/first-tenant.ts';
import { platformRoles, projectLevels, tenantRoles } from '../../kernel/permissions.ts';
import { ACTOR_MAX, id, textUpTo } from '../../kernel/schema.ts';

export const whoAmIInput = z.strictObject({});

/** More than there are. */
const PERMISSIONS_MAX = 200;

const roles = [...platformRoles, ...tenantRoles, 'internal'] as const;

export const caller = z
  .object({
    type: z.enum(['operator', 'internal', 'user', 'service_identity', 'api_key']).meta({
      description: 'By what it is known: a static token, a person’s sign-in, a program’s own token, or an API key.',
      examples: ['user'],
    }),
    id: textUpTo(ACTOR_MAX).meta({
      description:
        'The id in audit rows: of a person the issuer, a bar and the subject of the token, because two issuers may have one subject; of a key its id.',
      examples: ['https://sso.example/realms/acme|2f6c1b5e-9a43-4a57-8d10-7c1f0b9e2d44'],
    }),
    name: textUpTo(200).meta({ description: 'The name for people.', examples: ['Jane Doe'] }),
    tenant_id: id
      .nullable()
      .describe('The tenant that it belongs to and never sees beyond; null: it may act in all tenants.'),
    project_id: id
      .nullable()
      .describe('The project that an API key is bound to; null: it is bound to none, like people and tokens.'),
    user_id: id.nullable().describe('The user of the tenant that it is, or that owns the API key; null: none.'),
    service_identity_id: id
      .nullable()
      .describe('The service identity that it is, or that owns the API key; null: none.'),
    roles: z.array(z.enum(roles)).meta({
      description: 'Empty for an API key, whose scopes decide.',
      maxItems: roles.length,
      examples: [['admin']],
    }),
    permissions: z.array(textUpTo(100)).meta({
      description: 'Its permissions, inside the tenant and project that it can see.',
      maxItems: PERMISSIONS_MAX,
      examples: [['tenants:read', 'projects:read']],
    }),
  })
  .meta({ id: 'Caller', description: 'The holder of a credential, and its permissions.' });
export type Caller = z.infer<typeof caller>;

const nodeTypes = [
  'operator',
  'internal',
  'user',
  'service_identity',
  'api_key',
  'group',
  'tenant_role',
  'platform_role',
  'role_binding',
  'scope',
] as const;

const pathNode = z
  .object({
    type: z.enum(nodeTypes).meta({ description: 'What it is.', examples: ['group'] }),
    id: textUpTo(ACTOR_MAX).meta({
      description: 'Its id; of a role and of a scope its name.',
      examples: ['0192f0c4-1b2a-7d3e-8f4a-5b6c7d8e9fa0'],
    }),
    name: textUpTo(200).meta({ description: 'Its name for people.', examples: ['Night shift'] }),
  })
  .describe('A step of a way.');
export type PathNode = z.infer<typeof pathNode>;

const asked = z
  .string()
  .max(100)
  .regex(/^[a-z_]+:[a-z_]+$/, 'must be two words with a colon between them')
  .meta({
    minLength: 3,
    description:
      'A permission of the registry, or `project:viewer`, `project:editor` or `project:admin` for that level in a project.',
    examples: ['projects:read', 'project:editor'],
  });

const check = z
  .strictObject({
    principal: z
      .strictObject({ type: z.enum(['user', 'service_identity', 'api_key']).describe('What it is.'), id })
      .optional()
      .describe('Whom the question is about; absent: the caller. About others it needs `access:check`.'),
    permission: asked,
    resource: z
      .strictObject({
        type: z.enum(['tenant', 'project']).meta({ description: 'What it is.', examples: ['tenant'] }),
        id: id.meta({ description: 'Its id.', examples: [FIRST_TENANT.id] }),
      })
      .describe('Where.'),
  })
  .refine(({ permission, resource }) => resource.type === 'project' || !permission.startsWith('project:'), {
    path: ['resource', 'type'],
    message: 'must be project: a level is one in a project',
  })
  .describe('A question: may the principal do that there?');

export const checkAccessInput = check;
export type CheckAccess = z.output<typeof checkAccessInput>;

/** Checks of one batch. */
const CHECKS_MAX = 100;

export const checkAccessBatchInput = z.strictObject({
  checks: z.array(check).min(1).max(CHECKS_MAX).describe('Answered in this order.'),
});
export type CheckAccessBatch = z.output<typeof checkAccessBatchInput>;

const reasons = [
  'no_grant',
  'principal_disabled',
  'key_scope',
  'tenant_frozen',
  'tenant_archived',
  'project_archived',
  'not_found',
  'principal_not_found',
] as const;

/** A key, its owner, 32 groups and a binding. */
const PATH_MAX = 40;

export const accessVerdict = z
  .object({
    tenant_id: id
      .nullable()
      .describe(
        'The tenant that the resource lies in: its changes alone can change the answer. Null in a batch, for what does not exist.',
      ),
    allowed: z.boolean().meta({ description: 'Whether it may.', examples: [true] }),
    level: z
      .enum(projectLevels)
      .nullable()
      .meta({
        description:
          'The highest level that it has in the project, by roles in the tenant or by bindings; null: none, or no project was asked about.',
        examples: ['editor'],
      }),
    why: z
      .object({
        by: z
          .enum(['tenant_role', 'role_binding', 'platform_role', 'scope'])
          .nullable()
          .meta({
            description: 'By what it may; null: it may not.',
            examples: ['role_binding'],
          }),
        path: z.array(pathNode).meta({
          maxItems: PATH_MAX,
          description:
            'The shortest way on which it may: from the principal, through groups, to what gives the permission. Empty: it may not.',
        }),
        reason: z
          .enum(reasons)
          .nullable()
          .describe(
            'Why it may not; null: it may. In a frozen tenant and an archived project only permissions to read are left. `not_found` and `principal_not_found` stand in batches alone.',
          ),
      })
      .describe('Why.'),
  })
  .meta({ id: 'AccessVerdict', description: 'Whether the principal may do it, and why.' });
export type AccessVerdict = z.infer<typeof accessVerdict>;

export const accessVerdicts = z
  .object({
    results: z.array(accessVerdict).meta({ maxItems: CHECKS_MAX, description: 'One for each check, in their order.' }),
  })
  .meta({ id: 'AccessVerdicts', description: 'The answers to a batch of checks.' });

/** Losses that one answer names. */
export const LOSSES_MAX = 1_000;

const level = z.enum(projectLevels).meta({ description: 'What one may do in a project.', examples: ['editor'] });

const loss = z
  .object({
    principal: z
      .object({ type: z.enum(['user', 'service_identity']), id })
      .describe('The user or the service identity that loses it.'),
    project_id: id
      .nullable()
      .describe('Where it loses the level; null: in every project in which no role binding gives it one.'),
    before: level.describe('The level that it had there.'),
    after: level.nullable().describe('The level that it has there afterwards; null: none.'),
  })
  .meta({ id: 'LevelLoss', description: 'A level in a project that a user or a service identity loses by a change.' });
export type Loss = z.infer<typeof loss>;

/** The members of an answer that tells who loses which level where. */
export const lossFields = {
  losses: z.array(loss).meta({
    maxItems: LOSSES_MAX,
    description: 'Who loses which level where, directly or through groups. Their own API keys lose it with them.',
  }),
  complete: z.boolean().meta({
    description: `False when the change touches more than ${LOSSES_MAX} users and service identities, or takes more than ${LOSSES_MAX} levels, and \`losses\` shows a part.`,
    examples: [true],
  }),
};

export const losses = z.object(lossFields);
export type Losses = z.infer<typeof losses>;

/** Asks what a change would take away. */
export const dryRun = z
  .boolean()
  .default(false)
  .describe('Changes nothing, and answers what the change would do and take away now.');

/** The kinds of members of a group, and of holders of a level in a project. */
export const principalTypes = ['user', 'service_identity', 'group'] as const;

export const principalType = z.enum(principalTypes).meta({
  description: 'A group stands for all that are in it, directly or through other groups.',
  examples: ['user'],
});

export const principal = z.strictObject({ type: principalType, id });
export type Principal = z.output<typeof principal>;
