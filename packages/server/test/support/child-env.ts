/**
 * What a process needs that a test starts, and nothing else of the environment: where programs are, the condition that
 * leads to the sources of this repository's packages, and what earlier processes compiled of them.
 */
export function childEnv(): Readonly<Record<'PATH' | 'NODE_OPTIONS' | 'NODE_COMPILE_CACHE', string | undefined>> {
  const { PATH, NODE_OPTIONS, NODE_COMPILE_CACHE } = process.env;
  return { PATH, NODE_OPTIONS, NODE_COMPILE_CACHE };
}
