/** The key that signs the tokens of viewers. */
import { randomBytes } from 'node:crypto';
import { type Db, signingKeys } from '@tenant-registry/db';

/** Makes the function that reads the key once, and makes it where there is none. What failed is tried again. */
export function createViewerKey(db: Db): () => Promise<Uint8Array> {
  let key: Promise<Uint8Array> | undefined;
  return () => {
    key ??= signingKeys.findOrInsertSigningKey(db, 'retraced_viewer', randomBytes(32)).catch((error: unknown) => {
      key = undefined;
      throw error;
    });
    return key;
  };
}
