/** What makes databases: the port, and what stands behind it. */
export * from './types.ts';
