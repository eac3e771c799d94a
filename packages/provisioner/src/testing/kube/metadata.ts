/** The rules of metadata that hold for all types. */
import { equal, isObject, metadataOf, objectAt, stringAt, stringsAt } from './json.ts';
import { invalidField, quote } from './status.ts';
import type { Cause, Json, JsonObject } from './types.ts';

const SUBDOMAIN = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
const SUBDOMAIN_RULE =
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";

export function nameCauses(name: string): Cause[] {
  if (name.length > 253) return [invalidField('metadata.name', name, 'must be no more than 253 bytes')];
  return SUBDOMAIN.test(name) ? [] : [invalidField('metadata.name', name, SUBDOMAIN_RULE)];
}

const LABEL_NAME = /^([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]$/;
const LABEL_NAME_RULE =
  "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";
const LABEL_VALUE = /^(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?$/;
const LABEL_VALUE_RULE =
  "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')";

/** Answers why labels and owners of an object are invalid. */
export function commonCauses(object: JsonObject): Cause[] {
  const metadata = metadataOf(object);
  const labels = Object.entries(objectAt(metadata, 'labels')).flatMap(labelCauses);
  const owners = metadata['ownerReferences'];
  return [...labels, ...(Array.isArray(owners) ? owners : []).flatMap(ownerCauses)];
}

function labelCauses([key, value]: [string, Json]): Cause[] {
  const name = key.split('/').at(-1) ?? '';
  const text = String(value);
  const wrong = (subject: string, rule: string) => [invalidField('metadata.labels', subject, rule)];
  return [
    ...(name.length > 63 ? wrong(key, 'name part must be no more than 63 bytes') : []),
    ...(LABEL_NAME.test(name) ? [] : wrong(key, LABEL_NAME_RULE)),
    ...(text.length > 63 ? wrong(text, 'must be no more than 63 bytes') : []),
    ...(LABEL_VALUE.test(text) ? [] : wrong(text, LABEL_VALUE_RULE)),
  ];
}

function ownerCauses(owner: Json): Cause[] {
  return ['apiVersion', 'kind', 'name', 'uid']
    .filter((field) => !isObject(owner) || stringAt(owner, field) === '')
    .map((field) => {
      const path = `metadata.ownerReferences.${field}`;
      return invalidField(path, '', field === 'apiVersion' ? 'version must not be empty' : 'must not be empty');
    });
}

/** Answers what an update may not do to metadata. */
export function updateCauses(next: JsonObject, live: JsonObject): Cause[] {
  const after = metadataOf(next);
  const before = metadataOf(live);
  const fixed = ['name', 'namespace', 'uid'].filter((field) => !equal(after[field], before[field]));
  const added = stringsAt(after, 'finalizers').filter((one) => !stringsAt(before, 'finalizers').includes(one));
  const deleting = before['deletionTimestamp'] !== undefined && added.length > 0;
  const listed = `[]string{${added.map(quote).join(', ')}}`;
  const rule = `no new finalizers can be added if the object is being deleted, found new finalizers ${listed}`;
  return [
    ...(deleting
      ? [{ reason: 'FieldValueForbidden', message: `Forbidden: ${rule}`, field: 'metadata.finalizers' }]
      : []),
    ...fixed.map((field) => invalidField(`metadata.${field}`, after[field] ?? '', 'field is immutable')),
    ...commonCauses(next),
  ];
}

/** Answers the object without what metadata never holds: empty labels, annotations, finalizers, owners and texts, and null. */
export function settledMetadata(object: JsonObject): JsonObject {
  const kept = Object.entries(metadataOf(object)).filter(([, value]) => !isHollow(value));
  return { ...object, metadata: Object.fromEntries(kept) };
}

function isHollow(value: Json): boolean {
  if (value === null || value === '') return true;
  return typeof value === 'object' && Object.keys(value).length === 0;
}

const KNOWN_FINALIZERS = ['orphan', 'foregroundDeletion', 'kubernetes'];

/** Answers warnings about finalizers that name no domain. */
export function finalizerWarnings(object: JsonObject): string[] {
  return stringsAt(metadataOf(object), 'finalizers')
    .filter((name) => !name.includes('/') && !KNOWN_FINALIZERS.includes(name))
    .map(
      (name) =>
        `metadata.finalizers: ${quote(name)}: prefer a domain-qualified finalizer name to avoid accidental conflicts with other finalizer writers`,
    );
}
