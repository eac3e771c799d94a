/** For tests: a world in memory. The contract that every provisioner keeps is in `./contract`, since it needs vitest. */
export { createMemoryProvisioner, type MemoryDatabase, type MemoryWorld } from './memory.ts';
/** An API server of Kubernetes, in memory. */
export { type KubeApi, type KubeApiOptions, startKubeApi } from './testing/kube/server.ts';
