/** Verifies API keys in the process of a product, and keeps verdicts while the registry reports changes. */
import type { WaitOptions } from './calls/options.ts';
import type { Client } from './generated/client.ts';
import type { Inputs } from './generated/inputs.ts';
import type { ApiKeyVerdict } from './generated/schemas/api-keys.ts';
import type { Lifetime } from './memory/answer-memory.ts';
import { createDigest } from './memory/digest.ts';
import type { FollowerRuntime } from './memory/follow-changes.ts';
import { createRemembered, followerRuntime, frozen, type Memory, type MemorySettings } from './memory/remembered.ts';
import type { KeyQuestion } from './types.ts';

/** The form of every API key. The verifier refuses other strings itself. */
const KEY = /^[!-~]{1,200}$/;
/** Bounds how late a key is accepted that becomes valid by the clock alone; any change ends a refusal earlier. */
const REFUSAL_MS_MAX = 1_000;

export interface VerifierOptions extends MemorySettings {
  /** A client with the internal token. */
  readonly client: Pick<Client, 'apiKeys' | 'changes'>;
}

export interface Verifier extends Memory {
  /**
   * Resolves to the verdict of `client.apiKeys.verify`, or rejects with its error. A verdict from memory reflects every
   * change that was answered at least three seconds ago, and usually all but the last milliseconds. Without the feed
   * each question goes to the registry. The verdict is frozen.
   */
  verify(key: string, question?: KeyQuestion, options?: WaitOptions): Promise<ApiKeyVerdict>;
}

/**
 * Returns a verifier that starts to follow the feed of changes at once. Create one for each process and close it at the
 * end of the process; an open verifier does not keep a Node process alive. Throws a `TypeError` for invalid options.
 */
export function createVerifier(options: VerifierOptions): Verifier {
  return createVerifierOn(followerRuntime(), options);
}

/** Returns a verifier whose time, pauses and chance come from the runtime. Throws a `TypeError` for invalid options. */
export function createVerifierOn(runtime: FollowerRuntime, options: VerifierOptions): Verifier {
  const { client } = options;
  const digestOf = createDigest();
  const { answer, memory } = createRemembered<Inputs['apiKeys']['verify'], ApiKeyVerdict>(runtime, options, {
    path: 'apiKeys.verify',
    ask: (question) => client.apiKeys.verify(question),
    lifetimeOf,
  });
  return Object.assign(memory, {
    async verify(key: string, question: KeyQuestion = {}, waiting?: WaitOptions) {
      if (!KEY.test(key)) return notFound;
      return answer(await digestOf(textOf(key, question)), { ...question, key }, waiting);
    },
  });
}

function textOf(key: string, { scopes = [], product, access = 'write' }: KeyQuestion): string {
  return JSON.stringify([key, [...scopes].sort(), product, access]);
}

function lifetimeOf(verdict: ApiKeyVerdict): Lifetime | undefined {
  if (verdict.valid) return { tenantId: verdict.tenant_id, endsAt: verdict.expires_at };
  // Unknown keys are unlimited in number, and would displace the verdicts on real ones.
  if (verdict.code === 'not_found') return undefined;
  // A refusal names no tenant, so any change may have outdated it.
  return { tenantId: null, ttlMsMax: REFUSAL_MS_MAX };
}

/** The verdict on a string that cannot be a key, equal to that of the registry. */
const notFound = frozen<ApiKeyVerdict>({
  valid: false,
  code: 'not_found',
  key_id: null,
  tenant_id: null,
  tenant_slug: null,
  tenant_status: null,
  project_id: null,
  scopes: [],
  expires_at: null,
});
