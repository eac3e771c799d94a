/** A type with every kind of list and map: once as a CRD for a real server, once as the stand-in knows types. */
import { prunedBy } from '../../src/testing/kube/builtin.ts';
import { isObject, objectAt } from '../../src/testing/kube/json.ts';
import { wholeSchema } from '../../src/testing/kube/nodes.ts';
import { invalidField, requiredField } from '../../src/testing/kube/status.ts';
import type { Cause, JsonObject, ResourceType, SchemaNode } from '../../src/testing/kube/types.ts';

const text = { type: 'string' };
const port = {
  type: 'object',
  required: ['name'],
  properties: { name: text, number: { type: 'integer' }, note: text },
};
const condition = { type: 'object', required: ['type'], properties: { type: text, status: text } };

/** The CRD that a real server gets. */
export const WIDGET_CRD = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'widgets.exchanges.test' },
  spec: {
    group: 'exchanges.test',
    scope: 'Namespaced',
    names: { plural: 'widgets', singular: 'widget', kind: 'Widget', listKind: 'WidgetList' },
    versions: [
      {
        name: 'v1',
        served: true,
        storage: true,
        subresources: { status: {} },
        schema: {
          openAPIV3Schema: {
            type: 'object',
            properties: {
              spec: {
                type: 'object',
                required: ['image'],
                properties: {
                  image: text,
                  replicas: { type: 'integer', default: 1, minimum: 1 },
                  enabled: { type: 'boolean' },
                  settings: { type: 'object', additionalProperties: text },
                  tags: { type: 'array', items: text, 'x-kubernetes-list-type': 'set' },
                  args: { type: 'array', items: text },
                  ports: {
                    type: 'array',
                    items: port,
                    'x-kubernetes-list-type': 'map',
                    'x-kubernetes-list-map-keys': ['name'],
                  },
                  limits: {
                    type: 'object',
                    'x-kubernetes-map-type': 'atomic',
                    properties: { cpu: text, memory: text },
                  },
                },
              },
              status: {
                type: 'object',
                properties: {
                  phase: text,
                  conditions: {
                    type: 'array',
                    items: condition,
                    'x-kubernetes-list-type': 'map',
                    'x-kubernetes-list-map-keys': ['type'],
                  },
                },
              },
            },
          },
        },
      },
    ],
  },
};

const string: SchemaNode = { kind: 'scalar', scalar: 'string' };
const integer: SchemaNode = { kind: 'scalar', scalar: 'integer' };
const schema: SchemaNode = {
  kind: 'object',
  fields: {
    spec: {
      kind: 'object',
      fields: {
        image: string,
        replicas: integer,
        enabled: { kind: 'scalar', scalar: 'boolean' },
        settings: { kind: 'map', values: string },
        tags: { kind: 'list', items: string, listType: 'set' },
        args: { kind: 'list', items: string, listType: 'atomic' },
        ports: {
          kind: 'list',
          listType: 'map',
          listMapKeys: ['name'],
          items: { kind: 'object', fields: { name: string, number: integer, note: string } },
        },
        limits: { kind: 'object', mapType: 'atomic', fields: { cpu: string, memory: string } },
      },
    },
    status: {
      kind: 'object',
      fields: {
        phase: string,
        conditions: {
          kind: 'list',
          listType: 'map',
          listMapKeys: ['type'],
          items: { kind: 'object', fields: { type: string, status: string } },
        },
      },
    },
  },
};

/** The type that the stand-in gets. */
export const WIDGET: ResourceType = {
  group: 'exchanges.test',
  version: 'v1',
  kind: 'Widget',
  plural: 'widgets',
  status: true,
  schema,
  defaulted: (object) =>
    isObject(object['spec']) ? { ...object, spec: { replicas: 1, ...withoutNulls(object['spec']) } } : object,
  pruned: (object) => prunedBy(wholeSchema(WIDGET), object),
  validate,
};

const withoutNulls = (spec: JsonObject): JsonObject =>
  Object.fromEntries(Object.entries(spec).filter(([, value]) => value !== null));

function validate(object: JsonObject): Cause[] {
  if (!isObject(object['spec'])) return [];
  const { image, replicas } = objectAt(object, 'spec');
  return [
    ...(image === undefined ? [requiredField('spec.image')] : []),
    ...(typeof replicas === 'number' && replicas < 1
      ? [invalidField('spec.replicas', replicas, 'spec.replicas in body should be greater than or equal to 1')]
      : []),
  ];
}
