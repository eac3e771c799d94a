/** scripts/generate.ts writes this file from the OpenAPI document: do not edit. */
import type { EventEnvelope } from './access.ts';

/**
 * The command `bootstrap` made the first credentials of this registry. It tells their names, and nothing of their
 * values.
 */
export interface RegistryBootstrappedEvent extends EventEnvelope {
  /** The type of the event. */
  type: 'registry.bootstrapped';
  /** What `registry.bootstrapped` tells. */
  data: RegistryBootstrappedData;
}

/** What `registry.bootstrapped` tells. */
export interface RegistryBootstrappedData {
  /** The variables of the environment that were made. */
  variables: string[];
}
