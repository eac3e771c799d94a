/** The real registry in this process, over HTTP on a port of its own, on a database of its own. */
import { randomBytes } from 'node:crypto';
import { type Client, createClient } from '@tenant-registry/client';
import { openDatabase } from '@tenant-registry/db';
import { createTestApp } from '@tenant-registry/server/testing';
import type { TestClock } from './clock.ts';
import { migratedSnapshot } from './snapshot.ts';
import { testClock } from './test-clock.ts';

export interface TestRegistryOptions {
  /** The time to which `advance` adds; the system's clock by default. */
  readonly clock?: (() => Date) | undefined;
}

export interface TestRegistry {
  /** An SDK client with the operator's token. */
  readonly client: Client;
  /** The address on 127.0.0.1, for other clients and for products. */
  readonly url: string;
  readonly operatorToken: string;
  /** The token of products and gateways, which verifies API keys and appends to the audit log. */
  readonly internalToken: string;
  readonly clock: TestClock;
  /** Ends the registry and drops its data. A closed registry does not keep the process alive. */
  close(): Promise<void>;
  /** Calls `close` at the end of an `await using`. */
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * Resolves to an empty registry, in well under a second; the first on a machine takes some seconds more. Background work
 * does not run by itself: `clock.advance` runs the work that is due.
 */
export async function createTestRegistry({ clock: base }: TestRegistryOptions = {}): Promise<TestRegistry> {
  const { now, clockOf } = testClock(base ?? (() => new Date()));
  const database = await openDatabase({ pglite: { snapshot: await migratedSnapshot() } });
  try {
    const [operatorToken, internalToken] = [newToken('operator'), newToken('internal')];
    const app = await createTestApp({ database, clock: now, operatorToken, internalToken });
    const url = await app.server.listen({ host: '127.0.0.1', port: 0 });
    const close = async () => {
      await app.close();
      await database.close();
    };
    return {
      client: createClient({ url, token: operatorToken }),
      url,
      operatorToken,
      internalToken,
      clock: clockOf(app),
      close,
      [Symbol.asyncDispose]: close,
    };
  } catch (error) {
    await database.close();
    throw error;
  }
}

function newToken(kind: string): string {
  return `test_${kind}_${randomBytes(24).toString('base64url')}`;
}
