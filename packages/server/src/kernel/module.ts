/** What a module declares, once: everything else that the product knows of it is derived from this. */
import type { TenantTable } from '@tenant-registry/db';
import type { AnyRouter } from '@trpc/server';
import type { Dependencies, KernelDependencies } from './context.ts';
import type { CredentialReader } from './credentials.ts';
import type { ErrorSet } from './errors.ts';
import type { EventDefinition } from './events.ts';
import type { PermissionHolders } from './permissions.ts';
import type { AnySettings } from './settings.ts';
import type { Worker } from './worker.ts';

export interface ModuleDefinition {
  /** Its procedures: `/trpc/<name>.*`, and under `/v1` those that have a route. */
  readonly router: AnyRouter;
  /** How the document introduces its operations. Absent when its routes carry the tag of another module, or `Internal`. */
  readonly tag?: { readonly name: string; readonly description: string };
  readonly errors?: ErrorSet;
  /** What it records; no product may report an event of these types. */
  readonly events?: Readonly<Record<string, EventDefinition>>;
  readonly permissions?: Readonly<Record<string, PermissionHolders>>;
  readonly workers?: readonly Worker[];
  readonly settings?: AnySettings;
  /** The tables that hold what is lost when a tenant is deleted, by the name that the caller reads. */
  readonly holdings?: Readonly<Record<string, TenantTable>>;
  /** Makes what it adds to `Dependencies`; the members are declared by merging into `Ports`. */
  provide?(kernel: KernelDependencies, config: never): object;
  /** Makes the reader of the kind of credential that it owns. */
  credential?(deps: Dependencies): CredentialReader;
  /** Ends what would keep the server from closing. */
  close?(deps: Dependencies): void;
}

/** Declares a module. `src/modules.ts` lists it, and that line is all the wiring there is. */
export function defineModule<const Module extends ModuleDefinition>(module: Module): Module {
  return module;
}
