/**
 * What a process needs that a test starts, and nothing else of the environment: where programs are, and the condition that
 * leads to the sources of this repository's packages.
 */
export function childEnv(): { readonly PATH: string | undefined; readonly NODE_OPTIONS: string | undefined } {
  const { PATH, NODE_OPTIONS } = process.env;
  return { PATH, NODE_OPTIONS };
}
