/** What makes databases: the port, and what stands behind it. */
export { createProvisioner, type KubernetesConfig, type ProvisionerConfig } from './create.ts';
export * from './types.ts';
