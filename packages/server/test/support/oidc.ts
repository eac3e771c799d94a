/** A verifier for an issuer, on a clock that can be moved, for the tests of sign-in. */
import { onTestFinished } from 'vitest';
import { createOidc, type Oidc } from '../../src/authentication/oidc.ts';
import { readConfig } from '../../src/config.ts';
import { DomainError } from '../../src/kernel/errors.ts';
import { createLogger } from '../../src/kernel/logger.ts';
import { OidcRefusal } from '../../src/kernel/openid/refusal.ts';
import { startIssuer, type TestIssuer } from './oidc-provider.ts';

export interface TestOidc extends Oidc {
  /** Every line that was logged. */
  readonly logs: readonly string[];
  advance(ms: number): void;
}

export const SECOND_MS = 1000;
export const MINUTE_MS = 60_000;
export const HOUR_MS = 3_600_000;

/** Trusts the issuers, with the defaults of the environment except for what is given. */
export function newOidc(issuers: readonly { url: string }[], env: Readonly<Record<string, string>> = {}): TestOidc {
  const AUTH_OIDC_ISSUER = issuers.map(({ url }) => url).join();
  const { oidc: config } = readConfig({ AUTH_OIDC_ISSUER, AUTH_OIDC_AUDIENCE: 'tenant-registry', ...env });
  if (config === null) throw new Error('no issuer was given');
  const logs: string[] = [];
  let offset = 0;
  const oidc = createOidc(config, {
    clock: () => new Date(Date.now() + offset),
    logger: createLogger('info', { write: (line) => void logs.push(line) }),
  });
  return {
    ...oidc,
    logs,
    advance(ms) {
      offset += ms;
    },
  };
}

/** The outcome of the verification: `accepted`, the reason of the refusal, or the code of the error. */
export async function outcome(verification: Promise<unknown>): Promise<string> {
  try {
    await verification;
    return 'accepted';
  } catch (error) {
    if (error instanceof OidcRefusal) return error.reason;
    if (error instanceof DomainError) return error.definition.code;
    throw error;
  }
}

/** A real provider for one test. */
export async function newIssuer(path = ''): Promise<TestIssuer> {
  const issuer = await startIssuer({ path });
  onTestFinished(() => issuer.stop());
  return issuer;
}

/** Counts each outcome. */
export function tally(outcomes: readonly string[]): Record<string, number> {
  return Object.fromEntries(
    [...new Set(outcomes)].map((each) => [each, outcomes.filter((one) => one === each).length]),
  );
}

export function times<T>(count: number, make: (index: number) => T): T[] {
  return Array.from({ length: count }, (_, index) => make(index));
}
