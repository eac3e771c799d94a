import { registerSchema, type SchemaObject, unregisterSchema, validate } from '@hyperjump/json-schema/draft-2020-12';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { compileSchema, draft2020, type JsonSchema } from 'json-schema-library';
import type { Json } from '../../../packages/server/src/modules/config-schemas/validation/engine/json.ts';
import {
  metaSchemasByUri,
  prepare,
} from '../../../packages/server/src/modules/config-schemas/validation/engine/prepare.ts';

/** Returns whether a content is valid. */
export type Verdict = (content: Json) => boolean;

export interface Engine {
  readonly name: string;
  /** Compiles the schema, beside which the remote schemas are known by URI. */
  compile(schema: Json, remotes: ReadonlyMap<string, Json>): Promise<Verdict>;
}

const DIALECT = 'https://json-schema.org/draft/2020-12/schema';
const URI = 'https://example.com/bench';

const ours: Engine = {
  name: 'tenant-registry',
  async compile(schema, remotes) {
    const prepared = prepare(schema, remotes.size === 0 ? remotes : new Map([...metaSchemasByUri, ...remotes]));
    if ('mistakes' in prepared) throw new Error('the schema is refused');
    return (content) => prepared.validate(content).length === 0;
  },
};

const ajv: Engine = {
  name: 'ajv',
  async compile(schema, remotes) {
    const instance = new Ajv2020({ strict: false, validateFormats: false });
    for (const [uri, remote] of remotes) addRemote(instance, remote, uri);
    const run = instance.compile(schema as object);
    return (content) => run(content);
  },
};

/** Some remote schemas of the suite are none that ajv takes: then the cases with them fail, and no others. */
function addRemote(instance: Ajv2020, schema: Json, uri: string): void {
  try {
    instance.addSchema(schema as object, uri);
  } catch {
    instance.removeSchema(uri);
  }
}

const hyperjump: Engine = {
  name: '@hyperjump/json-schema',
  async compile(schema, remotes) {
    const registered: string[] = [];
    const register = (each: Json, uri: string) => {
      registerSchema(each as SchemaObject, uri, DIALECT);
      registered.push(uri);
    };
    try {
      for (const [uri, remote] of remotes) register(remote, uri);
      register(schema, URI);
      const run = await validate(URI);
      return (content) => run(content as never).valid;
    } finally {
      for (const uri of registered) unregisterSchema(uri);
    }
  },
};

const jsonSchemaLibrary: Engine = {
  name: 'json-schema-library',
  async compile(schema, remotes) {
    const options = { drafts: [draft2020], formatAssertion: false } as const;
    const known = [...metaSchemasByUri, ...remotes].map(([uri, remote]) => [uri, structuredClone(remote)] as const);
    const remote =
      remotes.size === 0 ? undefined : compileSchema({ $id: 'https://example.com/remotes' }, { drafts: [draft2020] });
    if (remote !== undefined) for (const [uri, each] of known) remote.addRemoteSchema(uri, each as JsonSchema);
    const node = compileSchema(
      structuredClone(schema) as JsonSchema,
      { ...options, ...(remote && { remote }) } as never,
    );
    return (content) => node.validate(content).valid;
  },
};

export const engines: readonly Engine[] = [ours, ajv, hyperjump, jsonSchemaLibrary];
