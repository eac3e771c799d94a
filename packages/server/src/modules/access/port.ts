/** The members that access adds to `ctx`. */
import type { access } from '@tenant-registry/db';

export interface AccessPort {
  /** Reads the facts behind the questions, of all tenants, by one statement that is planned once. */
  findFacts(questions: readonly access.AccessQuestion[]): Promise<access.FoundAccessFacts>;
}

declare module '../../kernel/context.ts' {
  interface Ports {
    readonly access: AccessPort;
  }
}
