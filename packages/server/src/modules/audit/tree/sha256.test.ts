// engine: none
import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { sha256 } from './sha256.ts';

test('texts stand for their UTF-8, and both are hashed as Node hashes them', () => {
  for (const text of ['', 'abc', '\0ä€😀'])
    for (const data of [text, Buffer.from(text), new Uint8Array(Buffer.from(text))])
      expect(sha256(data)).toEqual(createHash('sha256').update(text).digest());
});
