/** Compiled schemas by their text, the least recently used forgotten first. */
import { type Prepared, prepare } from './engine/prepare.ts';

const SCHEMAS_MAX = 256;
const CHARACTERS_MAX = 1_048_576;

/** Makes a memory of at most 256 schemas with 1 MiB of text. It returns the schema of a text, or its mistakes, which it does not keep. */
export function createCompiledSchemas(): (text: string) => Prepared {
  const kept = new Map<string, Prepared>();
  let characters = 0;
  const forget = (text: string) => {
    if (kept.delete(text)) characters -= text.length;
  };
  return (text) => {
    const known = kept.get(text);
    const prepared = known ?? prepareText(text);
    forget(text);
    if ('mistakes' in prepared) return prepared;
    kept.set(text, prepared);
    characters += text.length;
    for (const oldest of kept.keys()) {
      if (kept.size <= SCHEMAS_MAX && characters <= CHARACTERS_MAX) break;
      forget(oldest);
    }
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
