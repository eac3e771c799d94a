/** The type of the events that a subscription yields. */
import type { Contract } from './contract.ts';

/** Something that happened in the registry, exactly as it was committed. */
export type RegistryEvent = Contract['events']['history']['output']['items'][number];
