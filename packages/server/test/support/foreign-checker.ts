/** Gives proofs to libraries in Go that know nothing of the registry (test/foreign). */
import { execFileSync, spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';

/** What is checked. Notes are signed checkpoints; entries are the texts of leaves; hashes are base64. */
export interface ForeignDocument {
  readonly vkeys: readonly string[];
  readonly checkpoints?: readonly { readonly origin: string; readonly note: string }[];
  readonly inclusions?: readonly {
    readonly origin: string;
    readonly note: string;
    readonly entry: string;
    readonly index: number;
    readonly path: readonly string[];
  }[];
  readonly consistencies?: readonly {
    readonly origin: string;
    readonly first: { readonly note: string };
    readonly second: { readonly note: string };
    readonly path: readonly string[];
  }[];
}

export interface ForeignVerdict {
  /** How many items every library accepted. */
  readonly accepted: number;
  readonly refused: readonly {
    /** The item, such as `inclusions[3]`. */
    readonly what: string;
    /** The library. */
    readonly by: string;
    readonly error: string;
  }[];
}

const GO = 'go';
const cwd = fileURLToPath(new URL('../foreign', import.meta.url));

/** Whether there is a Go that can build the program: old ones refuse its go.mod. */
export const goIsMissing: boolean = !succeeds(GO, ['list', '-m']);

function succeeds(command: string, args: readonly string[]): boolean {
  try {
    return execFileSync(command, args, { cwd, stdio: 'pipe' }) !== undefined;
  } catch {
    return false;
  }
}

/** Resolves with what the libraries say. Rejects when the program cannot be built, or cannot read the document. */
export async function checkWithGo(document: ForeignDocument): Promise<ForeignVerdict> {
  const child = spawn(GO, ['run', '.'], { cwd, stdio: 'pipe' });
  const ended = new Promise<number | null>((resolve, reject) => child.once('close', resolve).once('error', reject));
  // A program that ends before it reads says why itself.
  child.stdin.on('error', () => {});
  child.stdin.end(JSON.stringify(document));
  const [output, complaints, code] = await Promise.all([text(child.stdout), text(child.stderr), ended]);
  if (output === '') throw new Error(`the foreign checks did not run: ${complaints}`);
  const verdict: ForeignVerdict = JSON.parse(output);
  if ((code === 0) !== (verdict.refused.length === 0)) throw new Error(`the foreign checks ended with ${code}`);
  return verdict;
}
