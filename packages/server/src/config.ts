/** The only reader of the environment: says all that is wrong with it at once, by name, before anything starts. */
import { z } from 'zod';
import { tokenSettings } from './authentication/environment.ts';
import { oidcSettings } from './authentication/oidc/environment.ts';
import { httpSettings } from './http/environment.ts';
import { inputText } from './kernel/errors/input-texts.ts';
import { leaseSettings } from './kernel/leases/environment.ts';
import { outboundSettings } from './kernel/outbound/environment.ts';
import { clockSettings } from './kernel/registry-clock/environment.ts';
import { sealedSettings } from './kernel/sealed/environment.ts';
import { argon2Settings } from './kernel/secrets/environment.ts';
import type { AnySettings, Given } from './kernel/settings.ts';
import { tracingSettings } from './kernel/tracing/environment.ts';
import { type ModuleSettings, moduleSettings } from './modules.ts';
import { databaseSettings } from './settings/database.ts';
import { nearNames } from './settings/near-names.ts';
import { processSettings } from './settings/process.ts';

const ownSettings = [
  processSettings,
  databaseSettings,
  tokenSettings,
  oidcSettings,
  httpSettings,
  argon2Settings,
  sealedSettings,
  leaseSettings,
  clockSettings,
  outboundSettings,
  tracingSettings,
] as const;

/** Every group of variables, in the order of .env.example. */
export const settingsGroups: readonly AnySettings[] = [...ownSettings, ...moduleSettings];

const environment = z.object(Object.assign({}, ...settingsGroups.map(({ variables }) => variables)) as z.ZodRawShape);

/** Every variable that is read. */
export const variableNames: readonly string[] = Object.keys(environment.shape);

type ValuesOf<Group> = Group extends { readonly read: (...given: never[]) => infer Values } ? Values : never;
type All<Union> = (Union extends unknown ? (each: Union) => void : never) extends (each: infer Each) => void
  ? Each
  : never;

/** What the groups read, together. */
export type Config = Readonly<All<ValuesOf<(typeof ownSettings)[number] | ModuleSettings>>>;

/** Returns a sentence for each variable (of the process, unless given another environment) that looks like a slip for a known one. */
export function unknownVariables(env: Given = process.env): string[] {
  return nearNames(env, variableNames);
}

/** Thrown for an environment that cannot be started with; one line per mistake, each with its variable. */
export class ConfigError extends Error {
  readonly mistakes: readonly string[];

  constructor(mistakes: readonly string[]) {
    super(`the environment has mistakes:\n${mistakes.map((mistake) => `  ${mistake}`).join('\n')}`);
    this.name = 'ConfigError';
    this.mistakes = mistakes;
  }
}

/** Returns the URL of the database for a command that needs nothing else: the direct one, if there is one. */
export function readDatabaseUrl({ DATABASE_DIRECT_URL, DATABASE_URL }: Given = process.env): string | undefined {
  return DATABASE_DIRECT_URL || DATABASE_URL || undefined;
}

/** Returns the configuration (of the process, unless given another environment), or throws `ConfigError` with all mistakes. Empty variables count as absent. */
export function readConfig(env: Given = process.env): Config {
  const given = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== undefined && value !== ''));
  const { success, data, error } = environment.safeParse(given, { error: inputText });
  const wrong = (error?.issues ?? []).map(({ path, message }) => `${String(path[0])} ${message}`);
  const mistakes = [...wrong, ...settingsGroups.flatMap((group) => group.contradictions?.(given) ?? [])];
  if (!success || mistakes.length > 0) throw new ConfigError([...mistakes, ...unknownVariables(env)]);
  // The schema of all variables holds the shape of each group, and `Config` is what the groups read.
  const values = settingsGroups.map((group) => group.read(data as never, given));
  return Object.assign({}, ...values) as Config;
}
