/** Label and field selectors. */
import { metadataOf, objectAt, stringAt } from './json.ts';
import { badRequest } from './status.ts';
import type { JsonObject, ResourceType } from './types.ts';

export type Selector = (object: JsonObject) => boolean;

const SET = /^([\w./-]+)\s+(in|notin)\s*\(([^)]*)\)$/;
const EQUALITY = /^([\w./-]+)\s*(==|=|!=)\s*([\w.-]*)$/;
const EXISTENCE = /^(!?)\s*([\w./-]+)$/;

/** Reads a label selector: `a=b`, `a!=b`, `a in (b,c)`, `a notin (b)`, `a`, `!a`, with commas between. Throws 400. */
export function labelSelector(text: string): Selector {
  const requirements = text
    .split(/,(?![^(]*\))/)
    .flatMap((part) => (part.trim() === '' ? [] : [requirement(part.trim())]));
  return (object) => {
    const labels = objectAt(metadataOf(object), 'labels');
    return requirements.every((holds) => holds(labels));
  };
}

function requirement(text: string): (labels: JsonObject) => boolean {
  const set = SET.exec(text);
  if (set) {
    const [, key = '', operator, list = ''] = set;
    const values = list.split(',').map((value) => value.trim());
    const within = (labels: JsonObject) => Object.hasOwn(labels, key) && values.includes(stringAt(labels, key));
    return operator === 'in' ? within : (labels) => !within(labels);
  }
  const equality = EQUALITY.exec(text);
  if (equality) {
    const [, key = '', operator, value = ''] = equality;
    const same = (labels: JsonObject) => Object.hasOwn(labels, key) && stringAt(labels, key) === value;
    return operator === '!=' ? (labels) => !same(labels) : same;
  }
  const existence = EXISTENCE.exec(text);
  if (!existence) throw badRequest(`unable to parse requirement: found '${text}', expected: identifier`);
  const [, not, key = ''] = existence;
  return (labels) => Object.hasOwn(labels, key) === (not === '');
}

/** Reads a field selector on `metadata.name` and `metadata.namespace`, and `type` of a Secret. Throws 400 for others. */
export function fieldSelector(text: string, type: ResourceType): Selector {
  const terms = text.split(',').flatMap((part) => (part.trim() === '' ? [] : [term(part.trim(), type)]));
  return (object) => terms.every((holds) => holds(object));
}

function term(text: string, type: ResourceType): Selector {
  const [, field = '', operator = '', value = ''] = /^([^=!]*?)(==|=|!=)(.*)$/.exec(text) ?? [];
  if (operator === '') throw badRequest(`invalid selector: '${text}'; can't understand '${text}'`);
  const read = reader(field, type);
  return (object) => (read(object) === value) === (operator !== '!=');
}

function reader(field: string, type: ResourceType): (object: JsonObject) => string {
  if (field === 'metadata.name') return (object) => stringAt(metadataOf(object), 'name');
  if (field === 'metadata.namespace') return (object) => stringAt(metadataOf(object), 'namespace');
  if (field === 'type' && type.group === '' && type.kind === 'Secret') return (object) => stringAt(object, 'type');
  throw badRequest(`field label not supported: ${field}`);
}
