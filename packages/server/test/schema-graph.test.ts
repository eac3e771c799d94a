// engine: none
/** The imports of every module's shapes, as a bundler that resolves for browsers sees them. */
import { globSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';
import { expect, test } from 'vitest';

const modules = fileURLToPath(new URL('../src/modules/', import.meta.url));
const schemas = globSync('**/schema.ts', { cwd: modules }).sort();

test('there are schemas to bundle', () => {
  expect(schemas.length).toBeGreaterThanOrEqual(10);
});

test.each(schemas)(
  '%s runs in a browser: it needs zod, the shapes of the product, and nothing of Node',
  async (file) => {
    const warnings: string[] = [];
    // Without tree shaking, an import that is not used is seen too.
    const bundle = await rolldown({
      input: modules + file,
      platform: 'browser',
      treeshake: false,
      onLog: (_, { message }) => void warnings.push(message),
    });
    const { output } = await bundle.generate({ format: 'esm' });
    await bundle.close();
    const [script] = output;
    const foreign = script.moduleIds.filter(
      (id) => !id.startsWith('\0') && !/\/packages\/server\/src\/(kernel|modules)\/|\/node_modules\/zod\//.test(id),
    );
    expect({ foreign, imports: script.imports, dynamic: script.dynamicImports, warnings }).toEqual({
      foreign: [],
      imports: [],
      dynamic: [],
      warnings: [],
    });
  },
);
