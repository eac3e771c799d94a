// engine: none
import { describe, expect, test } from 'vitest';
import { createObjects } from '../src/testing/kube/actor-client.ts';
import { compileRule } from '../src/testing/kube/cel.ts';
import { behaviourOf, crdsFolder, loadCrds, rulesIn } from '../src/testing/kube/crds.ts';
import { objectAt } from '../src/testing/kube/json.ts';
import type { ApiError } from '../src/testing/kube/status.ts';
import { createStore } from '../src/testing/kube/store.ts';
import type { Structural } from '../src/testing/kube/structural.ts';
import type { Cause, JsonObject, ResourceType } from '../src/testing/kube/types.ts';

const folder = crdsFolder();
const crds = describe.skipIf(folder === undefined);

function typeOf(kind: string): ResourceType {
  const found = loadCrds(folder ?? '').find((one) => one.kind === kind);
  if (found === undefined) throw new Error(`There is no CRD of ${kind}.`);
  return found;
}

const cluster = (spec: JsonObject = {}): JsonObject => ({
  apiVersion: 'postgresql.cnpg.io/v1',
  kind: 'Cluster',
  metadata: { name: 'orders', namespace: 'default' },
  spec: { instances: 1, storage: { size: '1Gi' }, ...spec },
});

const pooler = (spec: JsonObject = {}): JsonObject => ({
  metadata: { name: 'orders-pooler' },
  spec: { cluster: { name: 'orders' }, pgbouncer: {}, ...spec },
});

const database = (spec: JsonObject = {}): JsonObject => ({
  metadata: { name: 'orders-app' },
  spec: { cluster: { name: 'orders' }, name: 'app', owner: 'app', ...spec },
});

const texts = (causes: Cause[]) => causes.map(({ field, message }) => `${field}: ${message}`);

/** The type of objects whose `spec` has this schema. */
const ofSpec = (spec: Structural) => behaviourOf({ type: 'object', properties: { spec } });
const refusals = (spec: Structural, value: JsonObject['x'], old?: JsonObject['x']) =>
  texts(ofSpec(spec).validate({ spec: value }, old === undefined ? undefined : { spec: old }));

describe('structural schemas', () => {
  test.each<[string, Structural, JsonObject['x'], string]>([
    [
      'minimum',
      { type: 'integer', minimum: 1 },
      0,
      'Invalid value: 0: spec in body should be greater than or equal to 1',
    ],
    [
      'exclusive minimum',
      { type: 'number', minimum: 1, exclusiveMinimum: true },
      1,
      'Invalid value: 1: spec in body should be greater than 1',
    ],
    ['maximum', { type: 'integer', maximum: 3 }, 4, 'Invalid value: 4: spec in body should be less than or equal to 3'],
    ['multiple', { type: 'integer', multipleOf: 5 }, 4, 'Invalid value: 4: spec in body should be a multiple of 5'],
    [
      'int32',
      { type: 'integer', format: 'int32' },
      2 ** 31,
      'Invalid value: 2147483648: Checked value must be of type integer with format int32 in spec',
    ],
    [
      'shortest',
      { type: 'string', minLength: 1 },
      '',
      'Invalid value: "": spec in body should be at least 1 chars long',
    ],
    ['longest', { type: 'string', maxLength: 2 }, 'abc', 'Too long: may not be more than 2 bytes'],
    ['pattern', { type: 'string', pattern: '^a+$' }, 'b', `Invalid value: "b": spec in body should match '^a+$'`],
    ['enum', { type: 'string', enum: ['rw', 'ro'] }, 'x', 'Unsupported value: "x": supported values: "rw", "ro"'],
    [
      'format',
      { type: 'string', format: 'date-time' },
      'now',
      'Invalid value: "now": spec in body must be of type date-time: "now"',
    ],
    [
      'few items',
      { type: 'array', minItems: 2, items: { type: 'string' } },
      ['a'],
      'Invalid value: 1: spec in body should have at least 2 items',
    ],
    [
      'many items',
      { type: 'array', maxItems: 1, items: { type: 'string' } },
      ['a', 'b'],
      'Too many: 2: must have at most 1 items',
    ],
    [
      'few fields',
      { type: 'object', minProperties: 1 },
      {},
      'Invalid value: 0: spec in body should have at least 1 properties',
    ],
    [
      'not',
      { type: 'integer', not: { minimum: 3 } },
      4,
      'Invalid value: 4: spec in body must not validate the schema (not)',
    ],
    [
      'one of',
      { type: 'integer', oneOf: [{ minimum: 1 }, { minimum: 2 }] },
      3,
      'Invalid value: 3: spec in body must validate one and only one schema (oneOf)',
    ],
    [
      'all of',
      { type: 'integer', allOf: [{ minimum: 1 }] },
      0,
      'Invalid value: 0: spec in body should be greater than or equal to 1',
    ],
  ])('%s is checked, and refused in the words of the API server', (_, spec, value, message) => {
    expect(refusals(spec, value)[0]).toBe(`spec: ${message}`);
  });

  test('a wrong type stops the rules of CEL, and the causes say so', () => {
    const spec: Structural = { type: 'integer', 'x-kubernetes-validations': [{ rule: 'self > 0' }] };
    expect(ofSpec(spec).validate({ spec: 'one' })).toEqual([
      {
        reason: 'FieldValueTypeInvalid',
        message: 'Invalid value: "string": spec in body must be of type integer: "string"',
        field: 'spec',
      },
      {
        reason: 'FieldValueInvalid',
        message:
          'Invalid value: null: some validation rules were not checked because the object was invalid; correct the existing errors to complete validation',
        field: '<nil>',
      },
    ]);
    expect(refusals(spec, 0)).toEqual(['spec: Invalid value: 0: failed rule: self > 0']);
    expect(refusals(spec, 1)).toEqual([]);
  });

  test('a set refuses a repeated item, and a list with keys a repeated key', () => {
    const set: Structural = { type: 'array', items: { type: 'string' }, 'x-kubernetes-list-type': 'set' };
    expect(refusals(set, ['a', 'b', 'a'])).toEqual(['spec[2]: Duplicate value: "a"']);
    const map: Structural = {
      type: 'array',
      items: { type: 'object', properties: { name: { type: 'string' }, x: { type: 'string' } } },
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-list-map-keys': ['name'],
    };
    expect(refusals(map, [{ name: 'a' }, { name: 'a', x: '1' }])).toEqual(['spec[1]: Duplicate value: {"name":"a"}']);
    expect(refusals(map, [{ name: 'a' }, { name: 'b' }])).toEqual([]);
  });

  test('defaults are filled in at every depth, and a null counts as absent where none is allowed', () => {
    const { defaulted } = ofSpec({
      type: 'object',
      properties: {
        slots: {
          type: 'object',
          default: { enabled: true },
          properties: { enabled: { type: 'boolean' }, prefix: { type: 'string', default: '_p_' } },
        },
        many: { type: 'array', items: { type: 'object', properties: { port: { type: 'integer', default: 5432 } } } },
        absent: { type: 'object', properties: { never: { type: 'string', default: 'x' } } },
        cleared: { type: 'string', nullable: true, default: 'x' },
        dropped: { type: 'string' },
      },
    });
    const given: JsonObject = { spec: { many: [{}, { port: 1 }], cleared: null, dropped: null, slots: null } };
    const copy = structuredClone(given);
    expect(defaulted(given)).toEqual({
      spec: { slots: { enabled: true, prefix: '_p_' }, many: [{ port: 5432 }, { port: 1 }], cleared: null },
    });
    expect(given).toEqual(copy);
  });

  test('unknown fields are dropped and named, except where the schema keeps them', () => {
    const { pruned } = ofSpec({
      type: 'object',
      properties: {
        kept: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
        list: { type: 'array', items: { type: 'object', properties: { name: { type: 'string' } } } },
        labels: { type: 'object', additionalProperties: { type: 'string' } },
      },
    });
    const object = {
      apiVersion: 'v1',
      metadata: { name: 'x' },
      spec: { kept: { any: 1 }, list: [{ name: 'a', bad: 1 }], labels: { l: '1' }, gone: true },
      top: 1,
    };
    expect(pruned(object)).toEqual({
      object: {
        apiVersion: 'v1',
        metadata: { name: 'x' },
        spec: { kept: { any: 1 }, list: [{ name: 'a' }], labels: { l: '1' } },
      },
      dropped: ['spec.list[0].bad', 'spec.gone', 'top'],
    });
  });

  test('an update is not refused for faults of parts that did not change', () => {
    const spec: Structural = {
      type: 'object',
      required: ['must'],
      properties: { must: {}, a: { type: 'integer', minimum: 1 }, b: { type: 'integer', minimum: 1 } },
    };
    expect(refusals(spec, { must: 1, a: 0, b: 2 }, { must: 1, a: 0, b: 1 })).toEqual([]);
    expect(refusals(spec, { must: 1, a: 0, b: 0 }, { must: 1, a: 0, b: 1 })).toEqual([
      'spec.b: Invalid value: 0: spec.b in body should be greater than or equal to 1',
    ]);
  });
});

describe('rules of CEL', () => {
  const guarded = (rule: Structural['x-kubernetes-validations']): Structural => ({
    type: 'object',
    properties: { n: { type: 'integer' }, text: { type: 'string' } },
    'x-kubernetes-validations': rule ?? [],
  });

  test('a rule about a change is run only on an update', () => {
    const spec = guarded([{ rule: 'self.n >= oldSelf.n', message: 'n only grows' }]);
    expect(refusals(spec, { n: 1 })).toEqual([]);
    expect(refusals(spec, { n: 2 }, { n: 1 })).toEqual([]);
    expect(refusals(spec, { n: 1 }, { n: 2 })).toEqual(['spec: Invalid value: n only grows']);
  });

  test('a rule about a change is run on parts that did not change, and others are forgiven there', () => {
    const grows = guarded([{ rule: 'self.n > oldSelf.n', message: 'n grows' }]);
    expect(refusals(grows, { n: 1 }, { n: 1 })).toEqual(['spec: Invalid value: n grows']);
    const positive: Structural = { type: 'integer', 'x-kubernetes-validations': [{ rule: 'self > 0' }] };
    const pair: Structural = { type: 'object', properties: { a: positive, b: positive } };
    expect(refusals(pair, { a: 0, b: 2 }, { a: 0, b: 1 })).toEqual([]);
    expect(refusals(pair, { a: 0, b: -1 }, { a: 0, b: 1 })).toEqual([
      'spec.b: Invalid value: -1: failed rule: self > 0',
    ]);
  });

  test('an item of a list with keys has the earlier item of its key as oldSelf; other lists have none', () => {
    const list: Structural = {
      type: 'array',
      items: {
        type: 'object',
        properties: { name: { type: 'string' }, n: { type: 'integer' } },
        'x-kubernetes-validations': [{ rule: 'self.n >= oldSelf.n', message: 'n only grows' }],
      },
    };
    const keyed: Structural = { ...list, 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['name'] };
    const before = [
      { name: 'a', n: 5 },
      { name: 'b', n: 1 },
    ];
    const after = [
      { name: 'b', n: 2 },
      { name: 'a', n: 4 },
      { name: 'c', n: 0 },
    ];
    expect(refusals(keyed, after, before)).toEqual(['spec[1]: Invalid value: n only grows']);
    expect(refusals(list, after, before)).toEqual([]);
  });

  test('integers are integers of CEL, and numbers are not', () => {
    const halves = (type: 'integer' | 'number'): Structural => ({
      type,
      'x-kubernetes-validations': [{ rule: 'type(self) == int' }],
    });
    expect(refusals(halves('integer'), 3)).toEqual([]);
    expect(refusals(halves('number'), 3)).toEqual(['spec: Invalid value: 3: failed rule: type(self) == int']);
  });

  test('a rule may name its field, its reason and a message that it computes', () => {
    const rule = { rule: 'self.n < 10', fieldPath: '.n', messageExpression: "'too much: ' + string(self.n)" };
    expect(refusals(guarded([rule]), { n: 12 })).toEqual(['spec.n: Invalid value: too much: 12']);
    expect(ofSpec(guarded([{ ...rule, reason: 'FieldValueForbidden' }])).validate({ spec: { n: 12 } })).toEqual([
      { reason: 'FieldValueForbidden', message: 'Forbidden: too much: 12', field: 'spec.n' },
    ]);
    const broken = { rule: 'self.n < 10', messageExpression: 'self.text', message: 'as written' };
    expect(refusals(guarded([broken]), { n: 12 })).toEqual(['spec: Invalid value: as written']);
  });

  test('a rule that cannot be evaluated refuses the object and says what is missing', () => {
    const spec = guarded([{ rule: "self.text == 'x'", message: 'text is x' }]);
    expect(refusals(spec, {})).toEqual(['spec: Invalid value: No such key: text evaluating rule: text is x']);
  });

  test('a rule without meaning is refused when the schema is loaded', () => {
    expect(() => compileRule({ rule: 'self +' })).toThrow('self +');
    expect(() => compileRule({ rule: 'unknown.n == 1' })).toThrow('unknown');
    expect(() => compileRule({ rule: '1 + 1' })).toThrow('answers int');
  });
});

crds('the CRDs of CloudNativePG', () => {
  test('their types are known, with the endpoint of their status', () => {
    const kinds = loadCrds(folder ?? '').map((type) => [type.kind, type.plural, type.version, type.group, type.status]);
    const group = 'postgresql.cnpg.io';
    expect(kinds).toEqual([
      ['Cluster', 'clusters', 'v1', group, true],
      ['DatabaseRole', 'databaseroles', 'v1', group, true],
      ['Database', 'databases', 'v1', group, true],
      ['Pooler', 'poolers', 'v1', group, true],
      ['ScheduledBackup', 'scheduledbackups', 'v1', group, true],
    ]);
  });

  test('structures say how server-side apply merges', () => {
    const { fields = {} } = typeOf('Cluster').schema;
    const spec = fields['spec']?.fields ?? {};
    expect(spec['managed']?.fields?.['roles']).toMatchObject({ kind: 'list', listType: 'atomic' });
    expect(spec['postgresql']?.fields?.['parameters']).toEqual({
      kind: 'map',
      values: { kind: 'scalar', scalar: 'string' },
    });
    expect(spec['resources']?.fields?.['limits']?.values).toEqual({ kind: 'scalar', scalar: 'intOrString' });
    expect(fields['status']?.fields?.['conditions']).toMatchObject({ kind: 'list' });
    expect(fields['metadata']).toBeUndefined();
    const service = typeOf('Pooler').schema.fields?.['spec']?.fields?.['serviceTemplate']?.fields?.['spec'];
    expect(service?.fields?.['ports']).toMatchObject({
      listType: 'map',
      listMapKeys: ['port', 'protocol'],
      items: { fields: { protocol: { kind: 'scalar', scalar: 'string', default: 'TCP' } } },
    });
  });

  test('a small Cluster is valid, gets the defaults of the operator and keeps what was given', () => {
    const type = typeOf('Cluster');
    const whole = type.defaulted(cluster({ managed: { roles: [{ name: 'app' }] } }));
    expect(type.validate(whole)).toEqual([]);
    expect(whole['spec']).toMatchObject({
      instances: 1,
      enableSuperuserAccess: false,
      primaryUpdateStrategy: 'unsupervised',
      replicationSlots: { highAvailability: { enabled: true, slotPrefix: '_cnpg_' } },
      managed: { roles: [{ name: 'app', connectionLimit: -1, ensure: 'present', inherit: true }] },
      storage: { size: '1Gi', resizeInUseVolumes: true },
    });
    expect(type.pruned(whole)).toEqual({ object: whole, dropped: [] });
    expect(type.pruned(cluster({ tier: 'gold' })).dropped).toEqual(['spec.tier']);
  });

  test('a bad Cluster is refused with a cause for each field', () => {
    const causes = typeOf('Cluster').validate(
      cluster({ instances: 0, logLevel: 'loud', primaryUpdateMethod: 'hope', resources: { limits: { cpu: true } } }),
    );
    expect(texts(causes)).toEqual(
      expect.arrayContaining([
        'spec.instances: Invalid value: 0: spec.instances in body should be greater than or equal to 1',
        'spec.logLevel: Unsupported value: "loud": supported values: "error", "warning", "info", "debug", "trace"',
        'spec.primaryUpdateMethod: Unsupported value: "hope": supported values: "switchover", "restart"',
        'spec.resources.limits.cpu: Invalid value: "boolean": spec.resources.limits.cpu in body must be of type integer,string: "boolean"',
      ]),
    );
    expect(texts(typeOf('Pooler').validate({ spec: { pgbouncer: {} } }))).toEqual(
      expect.arrayContaining(['metadata: Required value', 'spec.cluster: Required value']),
    );
  });

  test('the API answers 422 with the causes, drops unknown fields and stores defaults', async () => {
    const api = { store: createStore(), types: loadCrds(folder ?? '') };
    const objects = createObjects({ api, manager: 'test', clock: () => new Date() });
    const refusal = await objects.create(cluster({ instances: 0 })).catch((error: ApiError) => error);
    expect(refusal).toMatchObject({
      code: 422,
      reason: 'Invalid',
      message:
        'Cluster.postgresql.cnpg.io "orders" is invalid: spec.instances: Invalid value: 0: spec.instances in body should be greater than or equal to 1',
      details: { causes: [{ reason: 'FieldValueInvalid', field: 'spec.instances' }] },
    });
    const stored = await objects.create(cluster({ tier: 'gold', serviceAccountName: 'one' }));
    expect(stored['spec']).toMatchObject({ enablePDB: true, serviceAccountName: 'one' });
    expect(stored['spec']).not.toHaveProperty('tier');
    const changed = { ...stored, spec: { ...objectAt(stored, 'spec'), serviceAccountName: 'two' } };
    await expect(objects.replace(changed)).rejects.toThrow('serviceAccountName is immutable');
  });

  test('quantities may be numbers or text', () => {
    const type = typeOf('Cluster');
    for (const cpu of [1, '500m']) expect(type.validate(cluster({ resources: { limits: { cpu } } }))).toEqual([]);
    expect(texts(type.validate(cluster({ resources: { limits: { cpu: 'many' } } })))[0]).toContain('should match');
  });
});

interface RuleCase {
  kind: string;
  message: string;
  good: JsonObject;
  bad: JsonObject;
  /** For rules about a change. */
  old?: JsonObject;
}

const catalog = (more: JsonObject = {}) => ({
  imageCatalogRef: { apiGroup: 'postgresql.cnpg.io', kind: 'ImageCatalog', name: 'c', major: 17, ...more },
});
const initdb = (more: JsonObject) => cluster({ bootstrap: { initdb: { database: 'app', owner: 'app', ...more } } });
const synchronous = (more: JsonObject) =>
  cluster({ postgresql: { synchronous: { method: 'any', number: 1, ...more } } });
const role = (more: JsonObject = {}) => ({
  metadata: { name: 'r' },
  spec: { cluster: { name: 'orders' }, name: 'reader', ...more },
});
const backup = (name: string) => ({
  metadata: { name: 'b' },
  spec: { cluster: { name }, schedule: '0 0 0 * * *' },
});
const poolerCatalog = (more: JsonObject = {}) => ({
  imageCatalogRef: { apiGroup: 'postgresql.cnpg.io', kind: 'ImageCatalog', name: 'c', key: 'k', ...more },
});

const immutable = (field: string): RuleCase => ({
  kind: 'Database',
  message: `${field} is immutable`,
  good: database({ [field]: 'one' }),
  bad: database({ [field]: 'two' }),
  old: database({ [field]: 'one' }),
});

const provider = (kind: 'Cluster' | 'Database', field: string, of: string): RuleCase => {
  const made = kind === 'Cluster' ? initdb : database;
  return {
    kind,
    message: `${field} is only available when localeProvider is set to \`${of}\``,
    good: made({ localeProvider: of, [field]: 'x' }),
    bad: made({ localeProvider: 'libc', [field]: 'x' }),
  };
};

const CASES: RuleCase[] = [
  {
    kind: 'Cluster',
    message: 'imageName and imageCatalogRef are mutually exclusive',
    good: cluster(catalog()),
    bad: cluster({ imageName: 'i', ...catalog() }),
  },
  provider('Cluster', 'builtinLocale', 'builtin'),
  provider('Cluster', 'icuLocale', 'icu'),
  provider('Cluster', 'icuRules', 'icu'),
  {
    kind: 'Cluster',
    message: 'Only image catalogs are supported',
    good: cluster(catalog()),
    bad: cluster(catalog({ kind: 'Secret' })),
  },
  {
    kind: 'Cluster',
    message: 'Only image catalogs are supported',
    good: cluster(catalog()),
    bad: cluster(catalog({ apiGroup: 'other' })),
  },
  {
    kind: 'Cluster',
    message: 'syncReplicaElectionConstraint and synchronous failure domain keys are mutually exclusive',
    good: cluster({ postgresql: { syncReplicaElectionConstraint: { enabled: true } } }),
    bad: cluster({
      postgresql: {
        syncReplicaElectionConstraint: { enabled: true },
        synchronous: { method: 'any', number: 1, podFailureDomainKeys: ['zone'] },
      },
    }),
  },
  {
    kind: 'Cluster',
    message: "dataDurability set to 'preferred' requires empty 'standbyNamesPre' and empty 'standbyNamesPost'",
    good: synchronous({ dataDurability: 'preferred' }),
    bad: synchronous({ dataDurability: 'preferred', standbyNamesPre: ['a'] }),
  },
  {
    kind: 'Cluster',
    message: 'podFailureDomainKeys and nodeFailureDomainKeys are mutually exclusive',
    good: synchronous({ dataDurability: 'required', podFailureDomainKeys: ['zone'] }),
    bad: synchronous({ dataDurability: 'required', podFailureDomainKeys: ['zone'], nodeFailureDomainKeys: ['node'] }),
  },
  {
    kind: 'Cluster',
    message: 'The number of synchronous replicas should be greater than zero',
    good: synchronous({ dataDurability: 'required' }),
    bad: synchronous({ dataDurability: 'required', number: 0 }),
  },
  {
    kind: 'Cluster',
    message: 'serviceAccountName is immutable',
    good: cluster({ serviceAccountName: 'one' }),
    bad: cluster({ serviceAccountName: 'two' }),
    old: cluster({ serviceAccountName: 'one' }),
  },
  { kind: 'DatabaseRole', message: 'name is immutable', good: role(), bad: role({ name: 'writer' }), old: role() },
  {
    kind: 'DatabaseRole',
    message:
      'ensure: absent is not supported for DatabaseRole; delete the resource with databaseRoleReclaimPolicy: delete instead',
    good: role({ ensure: 'present' }),
    bad: role({ ensure: 'absent' }),
  },
  {
    kind: 'DatabaseRole',
    message: 'the role name postgres is reserved',
    good: role(),
    bad: role({ name: 'postgres' }),
  },
  {
    kind: 'DatabaseRole',
    message: 'the role name streaming_replica is reserved',
    good: role(),
    bad: role({ name: 'streaming_replica' }),
  },
  {
    kind: 'DatabaseRole',
    message: 'role names starting with pg_ are reserved by PostgreSQL',
    good: role(),
    bad: role({ name: 'pg_x' }),
  },
  {
    kind: 'DatabaseRole',
    message: 'role names starting with cnpg_ are reserved by the operator',
    good: role(),
    bad: role({ name: 'cnpg_x' }),
  },
  { kind: 'DatabaseRole', message: 'role name must not be empty', good: role(), bad: role({ name: '' }) },
  {
    kind: 'DatabaseRole',
    message: 'passwordSecret and disablePassword are mutually exclusive',
    good: role({ passwordSecret: { name: 's' } }),
    bad: role({ passwordSecret: { name: 's' }, disablePassword: true }),
  },
  {
    kind: 'DatabaseRole',
    message: 'clientCertificate requires the role to have login enabled',
    good: role({ clientCertificate: { enabled: true }, login: true }),
    bad: role({ clientCertificate: { enabled: true }, login: false }),
  },
  {
    kind: 'DatabaseRole',
    message: 'cluster reference is immutable after creation',
    good: role(),
    bad: role({ cluster: { name: 'other' } }),
    old: role(),
  },
  provider('Database', 'builtinLocale', 'builtin'),
  provider('Database', 'icuLocale', 'icu'),
  provider('Database', 'icuRules', 'icu'),
  ...[
    'builtinLocale',
    'collationVersion',
    'encoding',
    'icuLocale',
    'icuRules',
    'locale',
    'localeCType',
    'localeCollate',
    'localeProvider',
    'name',
    'template',
  ].map(immutable),
  {
    kind: 'Database',
    message: 'cluster reference is immutable after creation',
    good: database(),
    bad: database({ cluster: { name: 'other' } }),
    old: database(),
  },
  ...['postgres', 'template0', 'template1'].map((name) => ({
    kind: 'Database',
    message: `the name ${name} is reserved`,
    good: database(),
    bad: database({ name }),
  })),
  {
    kind: 'Database',
    message: 'name is required',
    good: database({ fdws: [{ name: 'f', usage: [{ name: 'u' }] }] }),
    bad: database({ fdws: [{ name: 'f', usage: [{ name: '' }] }] }),
  },
  {
    kind: 'Database',
    message: 'name is required',
    good: database({ servers: [{ name: 's', fdw: 'f', usage: [{ name: 'u' }] }] }),
    bad: database({ servers: [{ name: 's', fdw: 'f', usage: [{ name: '' }] }] }),
  },
  {
    kind: 'Database',
    message: 'fdw is required',
    good: database({ servers: [{ name: 's', fdw: 'f' }] }),
    bad: database({ servers: [{ name: 's', fdw: '' }] }),
  },
  {
    kind: 'Pooler',
    message: 'cluster reference is immutable after creation',
    good: pooler(),
    bad: pooler({ cluster: { name: 'other' } }),
    old: pooler(),
  },
  {
    kind: 'Pooler',
    message: 'image and imageCatalogRef are mutually exclusive',
    good: pooler({ pgbouncer: poolerCatalog() }),
    bad: pooler({ pgbouncer: { image: 'i', ...poolerCatalog() } }),
  },
  {
    kind: 'Pooler',
    message: 'Only ImageCatalog and ClusterImageCatalog are supported',
    good: pooler({ pgbouncer: poolerCatalog() }),
    bad: pooler({ pgbouncer: poolerCatalog({ kind: 'Secret' }) }),
  },
  {
    kind: 'Pooler',
    message: 'apiGroup must be postgresql.cnpg.io',
    good: pooler({ pgbouncer: poolerCatalog() }),
    bad: pooler({ pgbouncer: poolerCatalog({ apiGroup: 'other' }) }),
  },
  {
    kind: 'Pooler',
    message: 'serviceAccountName is immutable',
    good: pooler({ serviceAccountName: 'one' }),
    bad: pooler({ serviceAccountName: 'two' }),
    old: pooler({ serviceAccountName: 'one' }),
  },
  {
    kind: 'ScheduledBackup',
    message: 'cluster reference is immutable after creation',
    good: backup('orders'),
    bad: backup('other'),
    old: backup('orders'),
  },
];

crds('the rules of the CRDs', () => {
  test.each(CASES)('$kind: $message', ({ kind, message, good, bad, old }) => {
    const type = typeOf(kind);
    expect(texts(type.validate(good, old)).filter((text) => text.includes(message))).toEqual([]);
    expect(texts(type.validate(bad, old)).filter((text) => text.includes(message))).toHaveLength(1);
  });

  test('every rule has a case that it refuses', () => {
    const refused = CASES.map(({ kind, message }) => `${kind}: ${message}`).sort();
    const rules = rulesIn(folder ?? '')
      .map(({ kind, message }) => `${kind}: ${message}`)
      .sort();
    expect(refused).toEqual(rules);
  });
});
