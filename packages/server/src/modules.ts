/** Every module of the product, a line each, and what follows from all of them together. */
import type { KernelDependencies, Ports } from './kernel/context.ts';
import { type CodeOf, type ErrorSet, kernelErrors } from './kernel/errors.ts';
import type { EventDefinition, PayloadOf } from './kernel/events.ts';
import { idempotencyWorker } from './kernel/idempotency/expiry.worker.ts';
import { idempotencyErrors } from './kernel/idempotency.ts';
import type { ModuleDefinition } from './kernel/module.ts';
import { createGrants } from './kernel/permissions.ts';
import type { AnySettings } from './kernel/settings.ts';
import type { Worker } from './kernel/worker.ts';
import { accessModule } from './modules/access/module.ts';
import { apiKeysModule } from './modules/api-keys/module.ts';
import { auditModule } from './modules/audit/module.ts';
import { catalogModule } from './modules/catalog/module.ts';
import { changesModule } from './modules/changes/module.ts';
import { claimsModule } from './modules/claims/module.ts';
import { configSchemasModule } from './modules/config-schemas/module.ts';
import { configsModule } from './modules/configs/module.ts';
import { databasesModule } from './modules/databases/module.ts';
import { entitlementsModule } from './modules/entitlements/module.ts';
import { eventsModule } from './modules/events/module.ts';
import { groupsModule } from './modules/groups/module.ts';
import { idpConfigsModule } from './modules/idp-configs/module.ts';
import { limitsModule } from './modules/limits/module.ts';
import { networkModule } from './modules/network/module.ts';
import { nodesModule } from './modules/nodes/module.ts';
import { projectsModule } from './modules/projects/module.ts';
import { resourcesModule } from './modules/resources/module.ts';
import { retracedModule } from './modules/retraced/module.ts';
import { roleBindingsModule } from './modules/role-bindings/module.ts';
import { serviceIdentitiesModule } from './modules/service-identities/module.ts';
import { sessionsModule } from './modules/sessions/module.ts';
import { tenantsModule } from './modules/tenants/module.ts';
import { trustBundlesModule } from './modules/trust-bundles/module.ts';
import { usersModule } from './modules/users/module.ts';
import { webhooksModule } from './modules/webhooks/module.ts';

export const modules = {
  tenants: tenantsModule,
  projects: projectsModule,
  catalog: catalogModule,
  entitlements: entitlementsModule,
  idpConfigs: idpConfigsModule,
  users: usersModule,
  sessions: sessionsModule,
  serviceIdentities: serviceIdentitiesModule,
  trustBundles: trustBundlesModule,
  groups: groupsModule,
  roleBindings: roleBindingsModule,
  apiKeys: apiKeysModule,
  configSchemas: configSchemasModule,
  configs: configsModule,
  databases: databasesModule,
  network: networkModule,
  resources: resourcesModule,
  nodes: nodesModule,
  audit: auditModule,
  retraced: retracedModule,
  events: eventsModule,
  webhooks: webhooksModule,
  claims: claimsModule,
  access: accessModule,
  limits: limitsModule,
  changes: changesModule,
} as const satisfies Record<string, ModuleDefinition>;

type Modules = typeof modules;
type Module = Modules[keyof Modules];
type All<Union> = (Union extends unknown ? (each: Union) => void : never) extends (each: infer Each) => void
  ? Each
  : never;

const list: readonly ModuleDefinition[] = Object.values(modules);

/** The groups of variables that modules read. */
export const moduleSettings: readonly AnySettings[] = list.flatMap(({ settings }) => settings ?? []);
export type ModuleSettings = Extract<Module, { readonly settings: AnySettings }>['settings'];

/** Who may do what. */
export const grants = createGrants(list.map(({ permissions = {} }) => permissions));

/** Every error that the product can answer with. */
export const errorSets: readonly ErrorSet[] = [
  kernelErrors,
  idempotencyErrors,
  ...list.map(({ errors = {} }) => errors),
];

type ErrorsOf<Each> = Each extends { readonly errors: infer Errors extends ErrorSet } ? Errors : never;

/** The closed enum of the codes that a problem can have. */
export type ErrorCode =
  | CodeOf<typeof kernelErrors>
  | CodeOf<typeof idempotencyErrors>
  | { [Name in keyof Modules]: CodeOf<ErrorsOf<Modules[Name]>> }[keyof Modules];

/** The errors that identifying a credential of a module can end with. */
export const credentialErrors = list.flatMap((module) => module.credentialErrors ?? []);

/** Everything that is done in the background. */
export const workers: readonly Worker[] = [idempotencyWorker, ...list.flatMap((module) => module.workers ?? [])];

/** The tables that hold what a tenant owns, by the name that the caller reads. */
export const holdings: KernelDependencies['holdings'] = Object.assign({}, ...list.map((module) => module.holdings));

/** Every event that the registry records, by type. */
export const eventDefinitions: readonly EventDefinition[] = list
  .flatMap(({ events = {} }) => Object.values(events))
  .sort((one, other) => (one.type < other.type ? -1 : 1));

/** The types of all events that the registry records. */
export const eventTypes: readonly string[] = eventDefinitions.map(({ type }) => type);

type EventsOf<Each> = Each extends { readonly events: infer Events } ? Events[keyof Events] : never;
type RecordedEvent = { [Name in keyof Modules]: EventsOf<Modules[Name]> }[keyof Modules];

/** What the events of each type tell. */
export type EventPayloads = {
  [Each in RecordedEvent as Each extends { readonly type: infer Type extends string } ? Type : never]: PayloadOf<Each>;
};

/** How the document introduces the operations of each module. */
export const tags = list.flatMap(({ tag }) => tag ?? []);

type Providing = Extract<Module, { readonly provide: unknown }>['provide'];
/** What the modules read of the configuration when they make their ports. */
export type ModuleConfig = All<NonNullable<Parameters<Providing>[1]>>;

/** Makes what the modules add to `ctx`. */
export function providePorts(kernel: KernelDependencies, config: ModuleConfig): Ports {
  const made = list.map((module) => module.provide?.(kernel, config as never) ?? {});
  // Each member of `Ports` is merged in beside the `provide` that makes it; the next line does not compile without one.
  const ports: All<ReturnType<Providing>> = Object.assign({}, ...made);
  return ports;
}
