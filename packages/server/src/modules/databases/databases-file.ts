/** DATABASES_FILE: where databases are made, and the tiers that can be ordered. Written by hand and checked at start. */
import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { createProvisioner, type KubernetesConfig, type ProvisionerConfig } from '@tenant-registry/provisioner';
import { z } from 'zod';
import { inputMistakes } from '../../kernel/errors/input-texts.ts';
import type { DatabasesConfig } from './port.ts';
import { boundMistakes, type Tier, tierShape } from './tier-file.ts';

const PROVISIONERS_MAX = 50;
const TIERS_MAX = 200;
const PATH_LENGTH_MAX = 4_096;
const PORT_MAX = 65_535;

/** Thrown for a file that no database can be made by; one line per mistake, each with its place in the file. */
export class DatabasesFileError extends Error {
  readonly mistakes: readonly string[];

  constructor(mistakes: readonly string[]) {
    super(mistakes.join('\n'));
    this.name = 'DatabasesFileError';
    this.mistakes = mistakes;
  }
}

const path = z.string().min(1).max(PATH_LENGTH_MAX);
const kubernetes = { kubeconfig_file: path.optional(), context: z.string().min(1).optional() };
const postgres = z
  .strictObject({
    kind: z.literal('postgres'),
    admin_url_file: path,
    host: z.string().min(1).max(253).optional(),
    port: z.int().min(1).max(PORT_MAX).optional(),
    sslmode: z.enum(['disable', 'prefer', 'require', 'verify-ca', 'verify-full']).default('require'),
    secrets_directory: path.optional(),
    secrets_kubernetes: z.strictObject(kubernetes).optional(),
  })
  .refine(
    ({ secrets_directory, secrets_kubernetes }) =>
      (secrets_directory === undefined) !== (secrets_kubernetes === undefined),
    { path: ['secrets_directory'], message: 'either it or secrets_kubernetes is required, and not both' },
  );
const provisioner = z.discriminatedUnion('kind', [
  postgres,
  z.strictObject({ kind: z.literal('cnpg'), ...kubernetes }),
]);
type Provisioner = z.output<typeof provisioner>;

const name = z
  .string()
  .regex(/^[a-z0-9]([a-z0-9_-]{0,98}[a-z0-9])?$/, 'must be named in lower case letters, digits, - and _');

/** It is the value of a label in Kubernetes, too. */
const installation = z
  .string()
  .regex(/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/, 'must be up to 63 lower case letters, digits and inner dashes');

const databasesFile = z.strictObject({
  installation: installation.default('tenant-registry'),
  provisioners: z
    .record(name, provisioner)
    .refine((all) => Object.keys(all).length <= PROVISIONERS_MAX, `must have at most ${PROVISIONERS_MAX} provisioners`),
  tiers: z
    .record(name, tierShape)
    .refine((all) => Object.keys(all).length <= TIERS_MAX, `must have at most ${TIERS_MAX} tiers`),
});

/** Reads and checks a file; paths in it begin where it lies. Throws `DatabasesFileError`. */
export function readDatabasesFile(file: string): DatabasesConfig {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw new DatabasesFileError([`cannot be read: ${error instanceof Error ? error.message : String(error)}`]);
  }
  return parseDatabasesFile(text, dirname(resolve(file)));
}

/** Checks the text of a file, all of it: defaults are filled in, and every mistake is named. Throws `DatabasesFileError`. */
export function parseDatabasesFile(text: string, folder: string): DatabasesConfig {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw new DatabasesFileError([`is not JSON: ${error instanceof Error ? error.message : String(error)}`]);
  }
  const { success, data, error } = databasesFile.safeParse(json);
  const wrong = error === undefined ? [] : inputMistakes(error, json, Number.POSITIVE_INFINITY);
  const mistakes = [...wrong, ...connections(json)].map(({ pointer, message }) => `at ${pointer || '/'}: ${message}`);
  if (!success || mistakes.length > 0) throw new DatabasesFileError(mistakes);
  const tiers = Object.entries(data.tiers).map(([name, tier]) => [name, { name, ...tier }] as const);
  const provisioners = Object.entries(data.provisioners).map(([name, given]) => {
    const config = configOf(given, folder, namespacesOf(name, data.tiers));
    return [name, () => createProvisioner(data.installation, config)] as const;
  });
  return { installation: data.installation, tiers: new Map(tiers), provisioners: new Map(provisioners) };
}

function configOf(given: Provisioner, folder: string, namespaces: readonly string[]): ProvisionerConfig {
  const place = (path: string) => resolve(folder, path);
  const inKubernetes = ({ kubeconfig_file, context }: KubernetesConfig) => ({
    kubeconfig_file: kubeconfig_file === undefined ? undefined : place(kubeconfig_file),
    context,
  });
  if (given.kind === 'cnpg') return { kind: given.kind, ...inKubernetes(given), namespaces };
  const { admin_url_file, secrets_directory, secrets_kubernetes = {}, ...rest } = given;
  const secrets =
    secrets_directory === undefined ? inKubernetes(secrets_kubernetes) : { directory: place(secrets_directory) };
  return { ...rest, admin_url_file: place(admin_url_file), secrets };
}

function namespacesOf(provisioner: string, tiers: Readonly<Record<string, Tier>>): string[] {
  const used = Object.values(tiers).filter((tier) => tier.provisioner === provisioner);
  return [...new Set(used.flatMap(({ namespaces }) => namespaces))];
}

/** What holds between parts, looked for apart from their shapes, so that a mistake elsewhere does not hide it. */
function connections(json: unknown): { pointer: string; message: string }[] {
  const known = Object.keys(objectIn(json, 'provisioners') ?? {});
  return Object.entries(objectIn(json, 'tiers') ?? {}).flatMap(([name, given]) => {
    const pointer = `/tiers/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`;
    const wanted = fieldOf(given, 'provisioner');
    const isUnknown = typeof wanted === 'string' && !known.includes(wanted);
    const { data } = tierShape.safeParse(given);
    return [
      ...(isUnknown ? [{ pointer: `${pointer}/provisioner`, message: `${wanted} is none of the provisioners` }] : []),
      ...(data === undefined ? [] : boundMistakes(data)).map((each) => ({
        ...each,
        pointer: `${pointer}${each.pointer}`,
      })),
    ];
  });
}

function objectIn(json: unknown, field: string): Record<string, unknown> | undefined {
  const value = fieldOf(json, field);
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : undefined;
}

function fieldOf(json: unknown, field: string): unknown {
  return typeof json === 'object' && json !== null && Object.hasOwn(json, field) ? Reflect.get(json, field) : undefined;
}
