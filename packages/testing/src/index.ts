/** A registry for the tests of programs that use one. */
export { createTestRegistry, type TestRegistry, type TestRegistryOptions } from './create-test-registry.ts';
export type { TestClock } from './test-clock.ts';
