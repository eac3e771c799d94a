import { defineError, type MemberSchema } from '../../kernel/errors.ts';

const version: MemberSchema = {
  type: 'integer',
  format: 'int64',
  minimum: 0,
  maximum: Number.MAX_SAFE_INTEGER,
  description: 'With `version_conflict` and `config_exists`: the version of the key now; 0 when there is none.',
};

export const configErrors = {
  versionConflict: defineError({
    code: 'version_conflict',
    status: 'CONFLICT',
    detail: 'The configuration is at another version than `expected_version`: read it again, then repeat the change.',
    pointer: '/expected_version',
    members: { current_version: version },
    example: { members: { current_version: 7 } },
  }),
  expectedVersionRequired: defineError({
    code: 'expected_version_required',
    status: 'BAD_REQUEST',
    detail:
      'Say which version the change is made from: send `expected_version`, 0 for a key that has no value, or If-Match.',
    pointer: '/expected_version',
  }),
  configExists: defineError({
    code: 'config_exists',
    status: 'CONFLICT',
    detail: 'The project has a configuration of that key: change it with PUT.',
    pointer: '/key',
    members: { current_version: version },
    example: { members: { current_version: 7 } },
  }),
  contentInvalid: defineError({
    code: 'content_invalid',
    status: 'BAD_REQUEST',
    detail: 'The content is not valid against its schema: see errors.',
    example: { errors: [{ pointer: '/content/max_users', in: 'body', message: 'must be at least 1' }] },
  }),
  configQuotaExceeded: defineError({
    code: 'config_quota_exceeded',
    status: 'CONFLICT',
    detail: 'The project has as many keys, deleted ones included, or as many bytes of content as it may have.',
    members: {
      keys: {
        type: 'integer',
        format: 'int32',
        minimum: 0,
        maximum: 1_000_000,
        description: 'With `config_quota_exceeded`: the keys that the project would have.',
      },
      keys_max: {
        type: 'integer',
        format: 'int32',
        minimum: 0,
        maximum: 1_000_000,
        description: 'With `config_quota_exceeded`: the keys that it may have.',
      },
      bytes: {
        type: 'integer',
        format: 'int64',
        minimum: 0,
        maximum: Number.MAX_SAFE_INTEGER,
        description: 'With `config_quota_exceeded`: the bytes of content that the project would have.',
      },
      bytes_max: {
        type: 'integer',
        format: 'int64',
        minimum: 0,
        maximum: Number.MAX_SAFE_INTEGER,
        description: 'With `config_quota_exceeded`: the bytes that it may have.',
      },
    },
    example: { members: { keys: 10_001, keys_max: 10_000, bytes: 1_048_576, bytes_max: 33_554_432 } },
  }),
  breaksReaders: defineError({
    code: 'breaks_readers',
    status: 'CONFLICT',
    detail:
      'A program that reads this key does not accept the content: see readers. Change the content, or send `ignore_readers`.',
    members: {
      readers: {
        type: 'array',
        maxItems: 20,
        description: 'With `breaks_readers`: who does not accept the content, and where.',
        items: {
          type: 'object',
          required: ['reader', 'errors'],
          properties: {
            reader: { type: 'string', maxLength: 64 },
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
      },
    },
    example: {
      members: {
        readers: [{ reader: 'billing', errors: [{ pointer: '/content/max_users', message: 'must be a number' }] }],
      },
    },
  }),
  schemaNotFound: defineError({
    code: 'config_schema_not_found',
    status: 'BAD_REQUEST',
    detail: 'The tenant has no such schema, or the schema has no such version.',
    constraint: 'configs_tenant_id_schema_id_schema_version_fkey',
    pointer: '/schema_id',
  }),
  stateUnknown: defineError({
    code: 'config_state_unknown',
    status: 'BAD_REQUEST',
    detail: 'The project has no such state, or it is not kept any more: see errors.',
    example: { errors: [{ pointer: '/at', in: 'query', message: 'names no state of this project that is kept' }] },
  }),
  importInvalid: defineError({
    code: 'config_import_invalid',
    status: 'BAD_REQUEST',
    detail: 'Some items cannot be imported, and nothing was written: see errors.',
    example: { errors: [{ pointer: '/items/3/content/max_users', in: 'body', message: 'must be at least 1' }] },
  }),
  importConflict: defineError({
    code: 'config_import_conflict',
    status: 'CONFLICT',
    detail: 'A key was changed while the import was under way, and nothing was written: import again.',
    members: {
      conflicting_key: {
        type: 'string',
        maxLength: 128,
        description: 'With `config_import_conflict`: the key that was changed.',
      },
    },
    example: { members: { conflicting_key: 'limits' } },
  }),
  storeFull: defineError({
    code: 'config_store_full',
    status: 'SERVICE_UNAVAILABLE',
    detail: 'The store of configurations has no space left: its operator has to make some. Values can still be read.',
  }),
  readerLimit: defineError({
    code: 'config_reader_limit_reached',
    status: 'CONFLICT',
    detail:
      'The key has 20 readers, or the project 1,000, the most that there may be. One that does not come for seven days is forgotten.',
  }),
} as const;
