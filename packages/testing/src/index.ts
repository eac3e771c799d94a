/** A registry for the tests of programs that use one. */
export type { TestClock } from './clock.ts';
export { createTestRegistry, type TestRegistry, type TestRegistryOptions } from './create-test-registry.ts';
