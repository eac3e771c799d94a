/** Streams that the client has no operation for, because an object of the SDK reads them. */

/** `createConfigs` reads both. */
export const ownStreams = ['configs.snapshot', 'configs.watch'] as const;

export type OwnStream = (typeof ownStreams)[number];
