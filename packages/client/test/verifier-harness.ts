/** A verifier whose registry, feed, clock and pauses a test controls. */
import { expect } from 'vitest';
import { eventually } from '../../server/test/support/eventually.ts';
import type { ApiKeyVerdict, Client, VerifierOptions } from '../src/index.ts';
import { createVerifierOn } from '../src/verifier.ts';
import { feedHarness, TENANT } from './feed-harness.ts';

export const KEY = 'bp_7Hq2Lw9xTz4Rk1Vb8Nc5Yd';

export type AcceptedVerdict = Extract<ApiKeyVerdict, { valid: true }>;
export type RefusedVerdict = Extract<ApiKeyVerdict, { valid: false }>;

export function accepted(fields: Partial<AcceptedVerdict> = {}): AcceptedVerdict {
  return {
    valid: true,
    code: 'valid',
    key_id: '0192f0c4-1b2a-7d3e-8f4a-5b6c7d8e9fa0',
    tenant_id: TENANT,
    tenant_slug: 'acme',
    tenant_status: 'active',
    project_id: null,
    scopes: ['reports:read'],
    expires_at: null,
    ...fields,
  };
}

/** Returns the complete verdict that refuses a key for this reason. */
export function refusal(code: RefusedVerdict['code']): RefusedVerdict {
  const unknown = { key_id: null, tenant_id: null, tenant_slug: null, tenant_status: null, project_id: null };
  return { valid: false, code, ...unknown, scopes: [], expires_at: null };
}

/** Creates a verifier with its controls. The end of the running test closes it. */
export function verifierHarness(options: Partial<VerifierOptions> = {}) {
  const questions: { readonly answer: (verdict: ApiKeyVerdict) => void; readonly fail: (error: unknown) => void }[] =
    [];
  let answer: (() => ApiKeyVerdict) | undefined = () => accepted();
  const verify = () =>
    new Promise<ApiKeyVerdict>((resolve, reject) => {
      questions.push({ answer: resolve, fail: reject });
      if (answer !== undefined) resolve(answer());
    });
  const { follower: verifier, ...feed } = feedHarness(({ runtime, changes, onFeed }) =>
    // A verifier uses no other operations of the client.
    createVerifierOn(runtime, { client: { apiKeys: { verify }, changes } as unknown as Client, onFeed, ...options }),
  );
  return {
    ...feed,
    verifier,
    questions,
    /** Waits until the registry has received this number of questions. */
    asked: (count: number) => eventually(() => expect(questions).toHaveLength(count)),
    /** Sets the registry's answer. With undefined the registry is silent until the test answers the `questions`. */
    answers(next: (() => ApiKeyVerdict) | undefined) {
      answer = next;
    },
  };
}
