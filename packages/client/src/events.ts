/**
 * What the registry tells of changes. `type` decides what `data` is. A registry that is newer than this package also sends
 * types that are not listed here, so a `switch` over types needs a `default`, which passes them over.
 */
import type { Events } from './generated/event-types.ts';

/** The types of events that this version of the package knows: `'tenant.created'`. */
export type RegistryEventType = keyof Events;

/** The event of one type: `RegistryEventOf<'tenant.created'>`. */
export type RegistryEventOf<Type extends RegistryEventType> = Events[Type];

/** An event, of any type that this version of the package knows. */
export type RegistryEvent = Events[RegistryEventType];
