/** A git repository with a copy of this package, for commands that change the checkout. */
import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { packageCopy, run, temporaryFolder } from './support.ts';

/** Runs git in the repository, as an author of its own, and resolves to what it printed. */
export async function git(root: string, ...args: string[]): Promise<string> {
  const author = ['-c', 'user.name=Test', '-c', 'user.email=test@example.org', '-c', 'commit.gpgsign=false'];
  const { code, stdout, stderr } = await run('git', [...author, ...args], { cwd: root, env: { HOME: root } });
  expect({ code, stderr: code === 0 ? '' : stderr }).toEqual({ code: 0, stderr: '' });
  return stdout;
}

/** Returns the text of a migration that tells it from every other. */
export function migrationText(name: string): string {
  return `/** First called: ${name.slice(5)} ${name.length}${name.charCodeAt(3)}. */\nexport async function up() {}\nexport async function down() {}\n`;
}

interface Lines {
  /** Migrations that are merged, beside those of this package. */
  readonly mainLine: readonly string[];
  /** Migrations that a branch of it has, each with a test that names it. */
  readonly branch: readonly string[];
}

/** Resolves to the root of a repository on the branch, whose static list knows of this package's own migrations alone. */
export async function repository({ mainLine, branch }: Lines): Promise<string> {
  const root = temporaryFolder();
  const folder = join(root, 'packages/db');
  mkdirSync(join(root, 'packages'));
  cpSync(packageCopy(), folder, { recursive: true, verbatimSymlinks: true });
  writeFileSync(join(root, '.gitignore'), 'node_modules\n');
  mkdirSync(join(folder, 'test'));
  const add = (name: string) => writeFileSync(join(folder, `migrations/${name}.ts`), migrationText(name));
  mainLine.forEach(add);
  await git(root, 'init', '--quiet', '--initial-branch=main');
  await git(root, 'add', '.');
  await git(root, 'commit', '--quiet', '--message=main line');
  await git(root, 'switch', '--quiet', '--create=branch');
  for (const name of branch) {
    add(name);
    writeFileSync(join(folder, `test/${name.slice(5)}.test.ts`), `export const tested = '${name}';\n`);
  }
  await git(root, 'add', '.');
  return root;
}
