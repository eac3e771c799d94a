/** Whether the registry has what a file says, however either writes it. */
import { isDeepStrictEqual } from 'node:util';
import type { Fields } from './things.ts';

const TIME = /^\d{4}-\d{2}-\d{2}T[\d:.]+(Z|[+-]\d{2}:\d{2})$/;
/** Lists of names whose order says nothing. */
const SETS = ['event_types', 'roles', 'required_acr', 'required_amr'];

/** Returns the names of the fields that the existing thing lacks or has otherwise. */
export function differing(wanted: Fields, existing: Fields): string[] {
  return Object.keys(wanted).filter((name) => {
    if (wanted[name] === undefined) return false;
    return !isSame(plain(name, wanted[name]), plain(name, existing[name]));
  });
}

function isSame(wanted: unknown, existing: unknown): boolean {
  if (typeof wanted === 'string' && typeof existing === 'string' && TIME.test(wanted) && TIME.test(existing))
    return Date.parse(wanted) === Date.parse(existing);
  return isDeepStrictEqual(wanted, existing);
}

/** As JSON, in which nothing is undefined and no object has a prototype of its own. */
function plain(name: string, value: unknown): unknown {
  const copy: unknown = JSON.parse(JSON.stringify(value ?? null));
  return SETS.includes(name) && Array.isArray(copy) ? copy.sort() : copy;
}
