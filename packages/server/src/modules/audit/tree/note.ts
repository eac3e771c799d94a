/** Signed notes and checkpoints (C2SP signed-note and tlog-checkpoint), as Go's golang.org/x/mod/sumdb/note has them. */
import { createPrivateKey, createPublicKey, hash, type KeyObject, sign, verify } from 'node:crypto';

const ED25519 = 1;
const KEY_BYTES = 32;
const KEY_ID_BYTES = 4;
const SIGNATURE_BYTES = 64;
/** Around the bytes of a key in DER (RFC 8410). */
const PKCS8 = Buffer.from('302e020100300506032b657004220420', 'hex');
const SPKI = Buffer.from('302a300506032b6570032100', 'hex');
const NAME = /^[^\s+]+$/u;

export interface Signer {
  readonly name: string;
  /** `<name>+<key id>+<key>`: the line that others verify with. */
  readonly verifier: string;
  sign(text: string): Buffer;
}

/** Makes the signer of an Ed25519 seed of 32 bytes. */
export function signerOf(name: string, seed: Buffer): Signer {
  if (!NAME.test(name)) throw new Error('the name of a signer has neither spaces nor a plus');
  if (seed.length !== KEY_BYTES) throw new Error('the seed of a signer has 32 bytes');
  const key = createPrivateKey({ key: Buffer.concat([PKCS8, seed]), format: 'der', type: 'pkcs8' });
  const raw = createPublicKey(key).export({ format: 'der', type: 'spki' }).subarray(SPKI.length);
  const [id, typed] = keyIdOf(name, raw);
  return {
    name,
    verifier: `${name}+${id.toString('hex')}+${typed.toString('base64')}`,
    sign: (text) => Buffer.concat([id, sign(null, Buffer.from(text), key)]),
  };
}

function keyIdOf(name: string, raw: Buffer): [id: Buffer, typed: Buffer] {
  const typed = Buffer.concat([Buffer.from([ED25519]), raw]);
  const digest = hash('sha256', Buffer.concat([Buffer.from(`${name}\n`), typed]), 'buffer');
  return [digest.subarray(0, KEY_ID_BYTES), typed];
}

export interface Verifier {
  readonly name: string;
  /** Hexadecimal digits. */
  readonly id: string;
  readonly key: KeyObject;
}

/** Returns the verifier of a line. Throws when it is none, or its id is not that of its key. */
export function parseVerifier(line: string): Verifier {
  const [, name = '', id = '', base64 = ''] = /^([^\s+]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/]+={0,2})$/u.exec(line) ?? [];
  const typed = Buffer.from(base64, 'base64');
  if (typed.length !== KEY_BYTES + 1 || typed[0] !== ED25519 || typed.toString('base64') !== base64)
    throw new Error('a verifier is <name>+<8 hexadecimal digits>+<base64 of an Ed25519 key>');
  if (keyIdOf(name, typed.subarray(1))[0].toString('hex') !== id)
    throw new Error(`the verifier of ${name} is damaged: its id is not that of its key`);
  const key = createPublicKey({ key: Buffer.concat([SPKI, typed.subarray(1)]), format: 'der', type: 'spki' });
  return { name, id, key };
}

/** Returns the note: the text, which ends with a line feed, and the signature of each signer. */
export function signNote(text: string, signers: readonly Signer[]): string {
  if (!text.endsWith('\n')) throw new Error('the text of a note ends with a line feed');
  return `${text}\n${signers.map((signer) => `— ${signer.name} ${signer.sign(text).toString('base64')}\n`).join('')}`;
}

export interface OpenedNote {
  readonly text: string;
  /** The names of the verifiers whose signature is good, once each. */
  readonly by: readonly string[];
}

/** Returns the text of a note that one of the verifiers has signed. Throws when none has, or a signature under one of their keys is wrong. */
export function openNote(note: string, verifiers: readonly Verifier[]): OpenedNote {
  const end = note.lastIndexOf('\n\n');
  if (end === -1 || !note.endsWith('\n')) throw new Error('it is no signed note');
  const text = note.slice(0, end + 1);
  const by = new Set<string>();
  for (const line of note.slice(end + 2, -1).split('\n')) {
    const [, name = '', base64 = ''] = /^— ([^\s+]+) ([A-Za-z0-9+/]+={0,2})$/u.exec(line) ?? [];
    const signature = Buffer.from(base64, 'base64');
    if (signature.length <= KEY_ID_BYTES) throw new Error('it is no signed note');
    const id = signature.subarray(0, KEY_ID_BYTES).toString('hex');
    const verifier = verifiers.find((each) => each.name === name && each.id === id);
    if (verifier === undefined) continue;
    const rest = signature.subarray(KEY_ID_BYTES);
    if (rest.length !== SIGNATURE_BYTES || !verify(null, Buffer.from(text), verifier.key, rest))
      throw new Error(`the signature of ${name} is wrong`);
    by.add(name);
  }
  if (by.size === 0) throw new Error('none of the known keys has signed it');
  return { text, by: [...by] };
}

export interface Checkpoint {
  readonly origin: string;
  readonly size: number;
  readonly root: Uint8Array;
}

/** Returns the text of a checkpoint, to be signed. */
export function checkpointText({ origin, size, root }: Checkpoint): string {
  return `${origin}\n${size}\n${Buffer.from(root).toString('base64')}\n`;
}

/** Returns what the text of a checkpoint says. Throws when it is none. */
export function parseCheckpoint(text: string): Checkpoint & { readonly extensions: readonly string[] } {
  const [origin = '', size = '', base64 = '', ...extensions] = text.slice(0, -1).split('\n');
  const root = Buffer.from(base64, 'base64');
  const isWhole = /^(0|[1-9]\d{0,15})$/.test(size) && Number.isSafeInteger(Number(size));
  if (
    !text.endsWith('\n') ||
    origin === '' ||
    !isWhole ||
    root.length !== KEY_BYTES ||
    root.toString('base64') !== base64
  )
    throw new Error('it is no checkpoint');
  return { origin, size: Number(size), root, extensions };
}
