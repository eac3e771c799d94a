/** The real registry in this process, over HTTP on a port of its own, on a database that nobody else has. */
import { randomBytes } from 'node:crypto';
import { type Client, createClient } from '@tenant-registry/client';
import { openDatabase } from '@tenant-registry/db';
import { createTestApp } from '@tenant-registry/server/testing';
import { migratedSnapshot } from './snapshot.ts';
import { type TestClock, testClock } from './test-clock.ts';

export interface TestRegistryOptions {
  /** What time it is, before `advance` is added; the system's clock when absent. */
  readonly clock?: (() => Date) | undefined;
}

export interface TestRegistry {
  /** The SDK with the operator's token. */
  readonly client: Client;
  /** Where it listens: on 127.0.0.1, for other clients and for products. */
  readonly url: string;
  readonly operatorToken: string;
  /** Verifies API keys and appends to the audit log: the token of products and gateways. */
  readonly internalToken: string;
  readonly clock: TestClock;
  /** Ends it, and all that is in it. Afterwards nothing of it keeps the process. */
  close(): Promise<void>;
  /** The same as `close`, for `await using`. */
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * Resolves to an empty registry of your own, in well under a second; the first on a machine takes some seconds more.
 * Background work does not run by itself: `clock.advance` runs what is due.
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
