/** Tells the registry what this program expects of each key that it reads. */
import { mayPass } from '../calls/may-pass.ts';
import { isRegistryError } from '../errors.ts';
import type { FollowerRuntime } from '../memory/follow-changes.ts';
import { joined } from './json-schemas.ts';
import { type ConfigSchema, jsonSchemaOf } from './standard-schema.ts';
import type { ConfigsWire } from './wire.ts';

/** How often what is new is sent, and what failed is sent again. */
const SEND_EACH_MS = 1_000;
const AGAIN_AFTER_MS = 60_000;
/** The registry forgets an expectation after seven days. */
const RENEW_EACH_MS = 86_400_000;
/** The keys and the schemas of one key that are sent. */
const KEYS_MAX = 1_000;
const SCHEMAS_MAX = 8;
/** The schemas of one key that are turned into JSON Schema. A program may make a schema for each call. */
const TRIES_MAX = 32;

export interface ReaderContracts {
  /** Notes that the key is read with the schema. A schema that states no JSON Schema is told once, if that is a failure. */
  note(key: string, schema: ConfigSchema): void;
}

interface Reading {
  readonly reader: string;
  readonly wire: ConfigsWire;
  readonly runtime: FollowerRuntime;
  readonly signal: AbortSignal;
  readonly onFailure: (key: string, error: unknown) => void;
}

/** What is expected of one key. */
interface Contract {
  readonly schemas: Record<string, unknown>[];
  tries: number;
  /** The time of the next registration. */
  dueAt: number;
}

/** Starts, until the signal aborts. Failures are told and never thrown. */
export function keepContracts({ reader, wire, runtime, signal, onFailure }: Reading): ReaderContracts {
  const contracts = new Map<string, Contract>();
  const noted = new WeakMap<ConfigSchema, Set<string>>();

  async function register(key: string, contract: Contract): Promise<void> {
    contract.dueAt = runtime.now() + RENEW_EACH_MS;
    const { length } = contract.schemas;
    try {
      await wire.register({ key, reader, schema: joined(contract.schemas) }, signal);
    } catch (error) {
      if (signal.aborted) return;
      if (!isRegistryError(error) || mayPass(error)) contract.dueAt = runtime.now() + AGAIN_AFTER_MS;
      onFailure(key, error);
    }
    if (contract.schemas.length > length) contract.dueAt = runtime.now();
  }

  async function run(): Promise<void> {
    while (!signal.aborted) {
      await runtime.sleep(SEND_EACH_MS, signal);
      for (const [key, contract] of contracts) {
        if (signal.aborted) return;
        if (contract.dueAt <= runtime.now()) await register(key, contract);
      }
    }
  }
  void run();

  return {
    note(key, schema) {
      const keys = noted.get(schema) ?? new Set();
      if (keys.has(key)) return;
      noted.set(schema, keys.add(key));
      const contract = contracts.get(key) ?? { schemas: [], tries: 0, dueAt: Number.POSITIVE_INFINITY };
      const full = contracts.size >= KEYS_MAX && !contracts.has(key);
      if (full || contract.tries >= TRIES_MAX || contract.schemas.length >= SCHEMAS_MAX) return;
      contracts.set(key, contract);
      contract.tries += 1;
      try {
        const json = jsonSchemaOf(schema);
        if (json === undefined || isAmong(contract.schemas, json)) return;
        contract.schemas.push(json);
        contract.dueAt = runtime.now();
      } catch (error) {
        onFailure(key, error);
      }
    },
  };
}

function isAmong(schemas: readonly object[], schema: object): boolean {
  const text = JSON.stringify(schema);
  return schemas.some((each) => JSON.stringify(each) === text);
}
