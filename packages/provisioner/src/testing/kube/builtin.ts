/** The built-in types that the server knows: Secret, PersistentVolumeClaim, ConfigMap. */
import { defined, equal, isObject, objectAt, stringAt } from './json.ts';
import { fieldOf, wholeSchema } from './nodes.ts';
import { forbiddenField, invalidField, requiredField } from './status.ts';
import type { Cause, Json, JsonObject, ResourceType, SchemaNode } from './types.ts';

const text: SchemaNode = { kind: 'scalar', scalar: 'string' };
const texts: SchemaNode = { kind: 'map', values: text };
const flag: SchemaNode = { kind: 'scalar', scalar: 'boolean' };
const quantities: SchemaNode = { kind: 'map', values: { kind: 'scalar', scalar: 'intOrString' } };
const atomicTexts: SchemaNode = { kind: 'list', items: text, listType: 'atomic' };

const SECRET_BYTES = 1_048_576;

/** Drops fields that the schema does not know; answers their paths. */
export function prunedBy(schema: SchemaNode, object: JsonObject): { object: JsonObject; dropped: string[] } {
  const dropped: string[] = [];
  const prune = (node: SchemaNode, value: Json, path: string): Json => {
    if (Array.isArray(value)) {
      return value.map((item, index) => prune(node.items ?? { kind: 'any' }, item, `${path}[${index}]`));
    }
    if (!isObject(value)) return value;
    const entries = Object.entries(value).flatMap(([name, below]): [string, Json][] => {
      const field = fieldOf(node, name);
      const next = path === '' ? name : `${path}.${name}`;
      if (field) return [[name, prune(field, below, next)]];
      dropped.push(next);
      return [];
    });
    return Object.fromEntries(entries);
  };
  const kept = prune(schema, object, '');
  return { object: isObject(kept) ? kept : {}, dropped };
}

function builtIn(type: Omit<ResourceType, 'group' | 'version' | 'pruned' | 'unconditionalUpdate'>): ResourceType {
  const whole: ResourceType = {
    ...type,
    group: '',
    version: 'v1',
    unconditionalUpdate: true,
    pruned: (object) => prunedBy(wholeSchema(whole), object),
  };
  return whole;
}

const encoded = (value: string) => Buffer.from(value, 'utf8').toString('base64');

// `stringData` is for writing only: its values go into `data`, over those that are there.
function secretDefaults(object: JsonObject): JsonObject {
  const { stringData, data: given, immutable, ...rest } = object;
  const written = Object.entries(isObject(stringData) ? stringData : {});
  const added = Object.fromEntries(written.map(([key, value]) => [key, encoded(String(value ?? ''))]));
  const kept = Object.entries(isObject(given) ? given : {}).map(([key, value]) => [key, value ?? '']);
  const data = { ...Object.fromEntries(kept), ...added };
  return {
    ...rest,
    ...defined({
      data: Object.keys(data).length > 0 ? data : undefined,
      immutable: immutable === null ? undefined : immutable,
    }),
    type: stringAt(object, 'type') || 'Opaque',
  };
}

const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

function undecodableData(object: JsonObject): string | undefined {
  for (const [field, type] of [
    ['data', '[]uint8'],
    ['stringData', 'string'],
  ] as const) {
    const wrong = Object.values(objectAt(object, field)).find((value) => typeof value !== 'string' && value !== null);
    if (wrong !== undefined) {
      return `json: cannot unmarshal ${jsonType(wrong)} into Go struct field Secret.${field} of type ${type}`;
    }
  }
  for (const value of Object.values(objectAt(object, 'data'))) {
    if (typeof value === 'string' && !BASE64.test(value.replaceAll(/[\r\n]/g, ''))) {
      return `illegal base64 data at input byte ${illegalAt(value)}`;
    }
  }
  return undefined;
}

function jsonType(value: Json): string {
  if (typeof value === 'boolean') return 'bool';
  if (Array.isArray(value)) return 'array';
  return typeof value;
}

function illegalAt(value: string): number {
  const found = /[^A-Za-z0-9+/]/.exec(value)?.index;
  return found ?? Math.floor(value.length / 4) * 4;
}

const KEY = /^[-._a-zA-Z0-9]{1,253}$/;
const KEY_RULE =
  "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')";

function validateSecret(object: JsonObject, old?: JsonObject): Cause[] {
  const data = objectAt(object, 'data');
  const keys = Object.keys(data).filter((key) => !KEY.test(key));
  const bytes = Object.values(data).reduce<number>((sum, value) => sum + Buffer.byteLength(String(value), 'base64'), 0);
  return [
    ...(old ? validateSecretUpdate(object, old) : []),
    ...keys.map((key) => invalidField(`data[${key}]`, key, KEY_RULE)),
    ...(bytes > SECRET_BYTES
      ? [
          {
            reason: 'FieldValueTooLong',
            message: `Too long: may not be more than ${SECRET_BYTES} bytes`,
            field: 'data',
          },
        ]
      : []),
    ...requiredKeys(object, data),
  ];
}

function requiredKeys(object: JsonObject, data: JsonObject): Cause[] {
  const required = (...keys: string[]) => keys.map((key) => requiredField(`data[${key}]`));
  const type = stringAt(object, 'type');
  if (type === 'kubernetes.io/basic-auth') {
    return 'username' in data || 'password' in data ? [] : required('username', 'password');
  }
  if (type === 'kubernetes.io/tls') return required(...['tls.crt', 'tls.key'].filter((key) => !(key in data)));
  return [];
}

function validateSecretUpdate(object: JsonObject, old: JsonObject): Cause[] {
  const rule = 'field is immutable when `immutable` is set';
  const fixed = old['immutable'] === true;
  return [
    ...(stringAt(object, 'type') === stringAt(old, 'type')
      ? []
      : [invalidField('type', stringAt(object, 'type'), 'field is immutable')]),
    ...(fixed && object['immutable'] !== true ? [forbiddenField('immutable', rule)] : []),
    ...(fixed && !equal(objectAt(object, 'data'), objectAt(old, 'data')) ? [forbiddenField('data', rule)] : []),
  ];
}

const SECRET: ResourceType = builtIn({
  kind: 'Secret',
  plural: 'secrets',
  status: false,
  schema: { kind: 'object', fields: { data: texts, stringData: texts, immutable: flag, type: text } },
  defaulted: secretDefaults,
  undecodable: undecodableData,
  validate: validateSecret,
});

export const CONFIG_MAP: ResourceType = builtIn({
  kind: 'ConfigMap',
  plural: 'configmaps',
  status: false,
  schema: { kind: 'object', fields: { data: texts, binaryData: texts, immutable: flag } },
  defaulted: (object) => object,
  validate: (object) =>
    Object.keys(objectAt(object, 'data'))
      .filter((key) => !KEY.test(key))
      .map((key) => invalidField(`data[${key}]`, key, KEY_RULE)),
});

const labelSelectorNode: SchemaNode = {
  kind: 'object',
  mapType: 'atomic',
  fields: {
    matchLabels: texts,
    matchExpressions: {
      kind: 'list',
      items: { kind: 'object', fields: { key: text, operator: text, values: atomicTexts } },
    },
  },
};

const reference: SchemaNode = {
  kind: 'object',
  mapType: 'atomic',
  fields: { apiGroup: text, kind: text, name: text },
};

const claimSpec: SchemaNode = {
  kind: 'object',
  fields: {
    accessModes: atomicTexts,
    selector: labelSelectorNode,
    resources: { kind: 'object', fields: { limits: quantities, requests: quantities } },
    volumeName: text,
    storageClassName: text,
    volumeMode: text,
    volumeAttributesClassName: text,
    dataSource: reference,
    dataSourceRef: { kind: 'object', fields: { apiGroup: text, kind: text, name: text, namespace: text } },
  },
};

const claimStatus: SchemaNode = {
  kind: 'object',
  fields: {
    phase: text,
    accessModes: atomicTexts,
    capacity: quantities,
    allocatedResources: quantities,
    conditions: {
      kind: 'list',
      listType: 'map',
      listMapKeys: ['type'],
      items: {
        kind: 'object',
        fields: {
          type: text,
          status: text,
          reason: text,
          message: text,
          lastProbeTime: text,
          lastTransitionTime: text,
        },
      },
    },
  },
};

function claimDefaults(object: JsonObject): JsonObject {
  const spec = objectAt(object, 'spec');
  const status = objectAt(object, 'status');
  return {
    ...object,
    spec: { ...spec, volumeMode: stringAt(spec, 'volumeMode') || 'Filesystem' },
    status: { ...status, phase: stringAt(status, 'phase') || 'Pending' },
  };
}

function validateClaim(object: JsonObject, old?: JsonObject): Cause[] {
  const spec = objectAt(object, 'spec');
  const storage = objectAt(objectAt(spec, 'resources'), 'requests')['storage'];
  const modes = spec['accessModes'];
  const unbound = old !== undefined && stringAt(objectAt(old, 'spec'), 'volumeName') === '';
  const fixed = (from: JsonObject) => {
    const { resources: _resources, volumeAttributesClassName: _class, volumeName, ...rest } = objectAt(from, 'spec');
    return unbound ? rest : defined({ ...rest, volumeName });
  };
  const immutable =
    'spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims';
  return [
    ...(Array.isArray(modes) && modes.length > 0
      ? []
      : [requiredField('spec.accessModes', 'at least 1 access mode is required')]),
    ...(storage === undefined ? [requiredField('spec.resources[storage]')] : []),
    ...(old && !equal(fixed(object), fixed(old)) ? [forbiddenField('spec', immutable)] : []),
  ];
}

const PERSISTENT_VOLUME_CLAIM: ResourceType = builtIn({
  kind: 'PersistentVolumeClaim',
  plural: 'persistentvolumeclaims',
  empty: { spec: { resources: {} }, status: {} },
  status: true,
  schema: { kind: 'object', fields: { spec: claimSpec, status: claimStatus } },
  defaulted: claimDefaults,
  validate: validateClaim,
});

export const BUILT_IN: readonly ResourceType[] = [SECRET, CONFIG_MAP, PERSISTENT_VOLUME_CLAIM];
