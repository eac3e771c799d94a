/** Compiled schemas by their text, the least recently used forgotten first. */
import { type Prepared, prepare } from './engine/prepare.ts';

const TEXTS_MAX = 256;
const CHARACTERS_MAX = 1_048_576;
/** Of all documents together. Each takes up to a kilobyte of the 64 MiB of a thread, and one document has at most 22,000. */
const SCHEMAS_MAX = 24_000;

interface Kept {
  readonly prepared: Prepared & { readonly schemas: number };
  readonly characters: number;
}

/** Makes a memory for 256 texts. It returns the schema of a text, or its mistakes, which it does not keep. */
export function createCompiledSchemas(): (text: string) => Prepared {
  const kept = new Map<string, Kept>();
  const total = { characters: 0, schemas: 0 };
  const count = ({ prepared, characters }: Kept, sign: 1 | -1) => {
    total.characters += sign * characters;
    total.schemas += sign * prepared.schemas;
  };
  const forget = (text: string, entry: Kept) => {
    kept.delete(text);
    count(entry, -1);
  };
  return (text) => {
    const known = kept.get(text);
    if (known !== undefined) forget(text, known);
    const prepared = known?.prepared ?? prepareText(text);
    if ('mistakes' in prepared) return prepared;
    const entry = { prepared, characters: text.length };
    count(entry, 1);
    for (const [oldest, each] of kept) {
      if (kept.size < TEXTS_MAX && total.characters <= CHARACTERS_MAX && total.schemas <= SCHEMAS_MAX) break;
      forget(oldest, each);
    }
    kept.set(text, entry);
    return prepared;
  };
}

function prepareText(text: string): Prepared {
  let schema: Parameters<typeof prepare>[0];
  try {
    schema = JSON.parse(text);
  } catch {
    return { mistakes: [{ pointer: '', message: 'must be JSON' }] };
  }
  return prepare(schema);
}
