/** For tests: a world in memory, and the contract that every provisioner keeps. */
export { createMemoryProvisioner, type MemoryDatabase, type MemoryWorld } from './memory.ts';
