import { defineError, type MemberSchema } from '../../kernel/errors.ts';

const count = { type: 'integer', format: 'int64', minimum: 0, maximum: Number.MAX_SAFE_INTEGER } as const;

const brokenConfigs: MemberSchema = {
  type: 'array',
  maxItems: 20,
  description: 'With `schema_breaks_configs`: the first of the configurations that are not valid, and where.',
  items: {
    type: 'object',
    required: ['project_id', 'key', 'errors'],
    properties: {
      project_id: { type: 'string', format: 'uuid' },
      key: { type: 'string', maxLength: 128 },
      errors: {
        type: 'array',
        maxItems: 20,
        items: {
          type: 'object',
          required: ['pointer', 'message'],
          properties: { pointer: { type: 'string' }, message: { type: 'string' } },
        },
      },
    },
  },
};

export const configSchemaErrors = {
  schemaInvalid: defineError({
    code: 'schema_invalid',
    status: 'BAD_REQUEST',
    detail: 'The content is not a JSON Schema of draft 2020-12 that stands by itself: see errors.',
    example: {
      errors: [{ pointer: '/content/properties/port/type', in: 'body', message: 'must be one of the allowed values' }],
    },
  }),
  validationTooCostly: defineError({
    code: 'validation_too_costly',
    status: 'BAD_REQUEST',
    detail:
      'Checking this schema or content takes more time or memory than it may: simplify patterns and repeated references.',
  }),
  schemaNameTaken: defineError({
    code: 'schema_name_taken',
    status: 'CONFLICT',
    detail: 'That name already belongs to a schema of the tenant.',
    constraint: 'config_schemas_tenant_id_name_key',
    pointer: '/name',
  }),
  schemaInUse: defineError({
    code: 'schema_in_use',
    status: 'CONFLICT',
    detail: 'Configurations are checked against this schema: give them another one, or none, before it is deleted.',
    members: {
      in_use: {
        type: 'object',
        required: ['configs', 'projects'],
        properties: { configs: count, projects: count },
        description: 'With `schema_in_use`: how many configurations, in how many projects.',
      },
    },
    example: { members: { in_use: { configs: 12, projects: 3 } } },
  }),
  schemaBreaksConfigs: defineError({
    code: 'schema_breaks_configs',
    status: 'CONFLICT',
    detail:
      'Configurations that are checked against this schema are not valid by that version: see configs. Change them first, or add the version with `breaking`.',
    members: {
      configs: brokenConfigs,
      count: { ...count, description: 'With `schema_breaks_configs`: how many configurations are not valid.' },
    },
    example: {
      members: {
        configs: [
          {
            project_id: '0192f6a0-7b5e-7c3a-9d41-2f8e6b1c0a54',
            key: 'limits',
            errors: [{ pointer: '/content/max_users', message: 'must be a number' }],
          },
        ],
        count: 1,
      },
    },
  }),
  schemaChanged: defineError({
    code: 'schema_changed',
    status: 'CONFLICT',
    detail: 'Another version was added to the schema meanwhile: read it again, then repeat the request.',
  }),
  schemaVersionLimit: defineError({
    code: 'schema_version_limit_reached',
    status: 'CONFLICT',
    detail: 'The schema has 100 versions, the most that it may have: create another schema.',
  }),
} as const;
