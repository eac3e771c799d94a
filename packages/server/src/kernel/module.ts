/** The declaration of a module. Everything else that the product knows of a module is derived from it. */
import type { TenantTable } from '@tenant-registry/db';
import type { AnyRouter } from '@trpc/server';
import type { Dependencies, KernelDependencies } from './context.ts';
import type { CookieReader, CredentialReader } from './credentials.ts';
import type { ErrorFactory, ErrorSet } from './errors.ts';
import type { EventDefinition } from './events.ts';
import type { PermissionHolders } from './permissions.ts';
import type { AnySettings } from './settings.ts';
import type { Worker } from './worker.ts';

export interface ModuleDefinition {
  /** Its procedures: `/trpc/<name>.*`, and under `/v1` those that have a route. */
  readonly router: AnyRouter;
  /** The tag under which the document lists its operations. Absent when they carry the tag of another module, or `Internal`. */
  readonly tag?: { readonly name: string; readonly description: string };
  readonly errors?: ErrorSet;
  /** The events that it records; no product may report an event of these types. */
  readonly events?: Readonly<Record<string, EventDefinition>>;
  readonly permissions?: Readonly<Record<string, PermissionHolders>>;
  readonly workers?: readonly Worker[];
  readonly settings?: AnySettings;
  /** The tables whose rows are lost when a tenant is deleted, by the name that the caller reads. */
  readonly holdings?: Readonly<Record<string, TenantTable>>;
  /** Makes the members that it adds to `Dependencies`; they are declared by merging into `Ports`. */
  provide?(kernel: KernelDependencies, config: never): object;
  /** Makes the reader of the kind of credential that it owns. */
  credential?(deps: Dependencies): CredentialReader;
  /** Makes the reader of the cookie that it owns. */
  cookie?(deps: Dependencies): CookieReader;
  /** Errors that identifying such a credential can end with, for every operation that takes it. */
  readonly credentialErrors?: readonly ErrorFactory[];
  /** Ends streams that would keep the server from closing. */
  close?(deps: Dependencies): void;
}

/** Declares a module. `src/modules.ts` lists it, and that line is all the wiring there is. */
export function defineModule<const Module extends ModuleDefinition>(module: Module): Module {
  return module;
}
