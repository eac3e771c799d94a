/** The calls of one pass, and what they leave behind. */
import { type Desired, ProvisionerUnavailable } from '../types.ts';
import { type KubeClient, type KubeObject, KubernetesFailure, resourceOf } from './api.ts';
import { hasMoved, repairsOf } from './drift.ts';

export interface Pass {
  readonly client: KubeClient;
  readonly installation: string;
  readonly desired: Desired;
  readonly signal: AbortSignal;
  /** The wish is one that was brought about before: what an apply changes is drift. */
  settled: boolean;
  readonly repaired: string[];
}

/** The object of the uid is gone, or another one is in its place. */
export class ObjectLost extends Error {
  readonly of: string;

  constructor(object: KubeObject, options: ErrorOptions) {
    super(`${object.kind} ${object.metadata.name} is not the one that was there`, options);
    this.name = 'ObjectLost';
    this.of = object.kind;
  }
}

/**
 * Applies a wish to the very object that was seen, and remembers drift. Returns the object, and whether it is new or asks
 * for something else than before. Throws `ObjectLost` when the object of `wish.metadata.uid` is not there any more.
 */
export async function put(
  pass: Pass,
  before: KubeObject | undefined,
  wish: KubeObject,
): Promise<{ object: KubeObject; moved: boolean }> {
  const { client, signal } = pass;
  const uid = wish.metadata.uid ?? before?.metadata.uid;
  const exact = uid === undefined ? wish : { ...wish, metadata: { ...wish.metadata, uid } };
  try {
    const object = await client.apply(exact, signal);
    if (pass.settled) pass.repaired.push(...repairsOf(before, wish, object));
    return { object, moved: before === undefined || hasMoved(before, wish, object) };
  } catch (failure) {
    if (failure instanceof KubernetesFailure && (await isAnother(pass, exact, failure)))
      throw new ObjectLost(wish, { cause: failure });
    throw failure;
  }
}

/**
 * Applies a Cluster that nobody shall get into. A change that the API refuses must not keep anybody in it, so what it asks of
 * PostgreSQL then stays as it stands, and the refusal is returned beside the object. Throws as `put` does.
 */
export async function putResting(
  pass: Pass,
  before: KubeObject | undefined,
  wish: KubeObject,
): Promise<{ object: KubeObject; moved: boolean; refusal?: KubernetesFailure }> {
  try {
    return await put(pass, before, wish);
  } catch (failure) {
    if (before === undefined || !(failure instanceof KubernetesFailure) || failure.kind !== 'refused') throw failure;
    return { ...(await put(pass, before, asItStands(before, wish))), refusal: failure };
  }
}

/** Returns the wish with the specification of the object that is there; only its logins are those of the wish. */
function asItStands({ spec: there = {} }: KubeObject, wish: KubeObject): KubeObject {
  const kept = Object.keys(wish.spec ?? {}).filter((field) => field !== 'managed' && field in there);
  return {
    ...wish,
    spec: {
      ...Object.fromEntries(kept.map((field) => [field, there[field]])),
      managed: wish.spec?.['managed'],
    },
  };
}

/** The API answers 409 where there is no object, and 422 where there is another one; and it has other reasons for both. */
async function isAnother(
  { client, signal }: Pass,
  { kind, apiVersion, metadata }: KubeObject,
  { status }: KubernetesFailure,
) {
  if (metadata.uid === undefined || (status !== 409 && status !== 422)) return false;
  const now = await client.get(resourceOf({ kind, apiVersion, metadata }), metadata, signal);
  return now?.metadata.uid !== metadata.uid;
}

/** Deletes that very object. One of another uid in its place, or none, is fine. */
export async function remove({ client, signal }: Pass, object: KubeObject | undefined): Promise<void> {
  if (object === undefined || object.metadata.deletionTimestamp !== undefined) return;
  try {
    await client.delete(object, signal);
  } catch (failure) {
    if (!(failure instanceof KubernetesFailure && failure.kind === 'conflict')) throw failure;
    throw new ProvisionerUnavailable(`${object.kind} ${object.metadata.name} changed meanwhile`, { cause: failure });
  }
}
