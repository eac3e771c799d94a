/** For tests: a world in memory, and the contract that every provisioner keeps. */
export { createMemoryProvisioner, type MemoryDatabase, type MemoryWorld } from './memory.ts';
/** An API server of Kubernetes, in memory. */
export { type KubeApi, type KubeApiOptions, startKubeApi } from './testing/kube/server.ts';
