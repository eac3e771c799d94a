/** Reads the compiler's own figures about its work. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { type Project, tsc } from './projects.ts';

export interface Check {
  readonly checkMs: number;
  readonly totalMs: number;
  /** Lines of all files that the compiler reads, its own libraries among them. */
  readonly lines: number;
  readonly types: number;
  readonly instantiations: number;
}

/** Compiles the project and returns the figures. Throws if the project has a compile error. */
export async function measureCheck({ folder }: Project): Promise<Check> {
  const { stdout } = await promisify(execFile)(tsc, ['-p', folder, '--extendedDiagnostics']).catch(
    ({ stdout: errors }) => Promise.reject(new Error(errors)),
  );
  const figure = (name: string): number => {
    const value = new RegExp(`^${name}:\\s+([\\d.]+)s?$`, 'm').exec(stdout)?.[1];
    if (value === undefined) throw new Error(`tsc printed no ${name}:\n${stdout}`);
    return Number(value);
  };
  return {
    checkMs: figure('Check time') * 1000,
    totalMs: figure('Total time') * 1000,
    lines: figure('Lines'),
    types: figure('Types'),
    instantiations: figure('Instantiations'),
  };
}
