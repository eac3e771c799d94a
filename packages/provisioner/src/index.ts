/** What makes databases: the port, and what stands behind it. */
export { connectKubernetes } from './kubernetes/connect.ts';
export { createCnpgProvisioner } from './kubernetes/provisioner.ts';
export * from './types.ts';
export { createPostgresProvisioner } from './postgres/provisioner.ts';
export { createDirectoryStore } from './secrets/directory.ts';
export type { SecretStore } from './secrets/types.ts';
