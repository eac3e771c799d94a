/** The search language of Retraced: `action:user.* crud:c,u received:2026-01-01,2026-02-01 actor.name:"Jane Doe" words`. */
import type { retraced } from '@tenant-registry/db';
import { malformed } from '../../kernel/errors/malformed.ts';

/** A search that cannot be understood, or that finds nothing within its bounds. It says so to the caller. */
export class SearchMistake extends Error {
  readonly code: 'search_invalid' | 'search_too_wide';

  constructor(code: SearchMistake['code'], message: string) {
    super(message);
    this.name = 'SearchMistake';
    this.code = code;
  }
}

const SEARCH_LENGTH_MAX = 2_000;
const VALUES_MAX = 50;

/** The lists of a search, by the word that fills them. */
const lists = {
  action: 'actions',
  crud: 'cruds',
  'actor.id': 'actor_ids',
  'actor.name': 'actor_names',
  'target.id': 'target_ids',
  external_id: 'external_ids',
  description: 'descriptions',
  location: 'locations',
} as const satisfies Record<string, keyof retraced.RetracedSearch>;

type ListName = (typeof lists)[keyof typeof lists] | 'words';

// A quoted value ends where its quotes do; everything else ends at white space.
const TERM = /(?:[^\s:"']+:)?(?:"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')(?!\S)|\S+/gs;

/**
 * Returns what a text searches for. Values are separated by commas, in quotes or not, and a backslash takes the next
 * character as it is. A word whose key is not known is a word like any other, as Retraced takes it. Throws `SearchMistake`.
 */
export function parseSearch(text: string): retraced.RetracedSearch {
  if (text.length > SEARCH_LENGTH_MAX) throw mistake(`The search must have at most ${SEARCH_LENGTH_MAX} characters.`);
  const odd = malformed(text);
  if (odd !== undefined) throw mistake(`The search ${odd.message}.`);
  const found: Record<ListName, string[]> = {
    actions: [],
    cruds: [],
    actor_ids: [],
    actor_names: [],
    target_ids: [],
    external_ids: [],
    descriptions: [],
    locations: [],
    words: [],
  };
  const spans: { received?: retraced.Span; created?: retraced.Span } = {};
  for (const { key, value } of termsOf(text)) {
    if (value === '') continue;
    if (key === 'received' || key === 'created') spans[key] = spanOf(key, value);
    else if (isListed(key)) found[lists[key]].push(...value.split(',').filter((each) => each !== ''));
    else found.words.push(key === undefined ? value : `${key}:${value}`);
  }
  if (Object.values(found).flat().length > VALUES_MAX) throw mistake(`A search has at most ${VALUES_MAX} values.`);
  if (found.cruds.some((each) => !/^[crud]$/.test(each)))
    throw mistake('crud takes the letters c, r, u and d, separated by commas.');
  // An asterisk alone finds every action.
  const actions = found.actions.some((each) => /^\*+$/.test(each)) ? [] : found.actions.map(toAction);
  return { ...found, ...spans, actions };
}

interface Term {
  readonly key: string | undefined;
  readonly value: string;
}

function termsOf(text: string): Term[] {
  return [...text.matchAll(TERM)].map(([term]) => {
    if (/^-./.test(term)) throw mistake('A search cannot leave out what a term with a dash in front finds.');
    const [, key, value = ''] = /^(?:([^\s:"']+):)?(.*)$/s.exec(term) ?? [];
    return { key, value: unquoted(value) };
  });
}

function unquoted(value: string): string {
  return value.replace(/^"|"$|^'|'$/g, '').replace(/\\(.?)/gs, '$1');
}

function isListed(key: string | undefined): key is keyof typeof lists {
  return key !== undefined && Object.hasOwn(lists, key);
}

function toAction(text: string): retraced.ActionTerm {
  return { text: text.replace(/\*+$/, ''), isPrefix: text.endsWith('*') };
}

/** Retraced wants both ends; its client leaves one out, and so an open end is taken too. */
function spanOf(key: string, value: string): retraced.Span {
  const [since = '', until = '', ...rest] = value.split(',');
  if (rest.length > 0 || !value.includes(',')) throw mistake(`${key} takes two times with a comma between them.`);
  return { since: timeOf(key, since), until: timeOf(key, until) };
}

const TIME = /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?)(Z|[+-]\d\d:?\d\d)?)?$/i;

/** A time without an offset is one of UTC. */
function timeOf(key: string, text: string): string | undefined {
  if (text === '') return undefined;
  const [, day, time = '00:00', offset = 'Z'] = TIME.exec(text) ?? [];
  const moment = new Date(`${day}T${time}${offset}`);
  const year = moment.getUTCFullYear();
  if (Number.isNaN(year) || year < 1 || year > 9999) throw mistake(`${key} takes times such as 2026-01-15T09:30:00Z.`);
  return moment.toISOString();
}

function mistake(message: string): SearchMistake {
  return new SearchMistake('search_invalid', message);
}
