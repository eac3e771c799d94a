/** Signed notes with Ed25519 (C2SP signed-note, golang.org/x/mod/sumdb/note), and checkpoints, which are such notes. */
import { createPrivateKey, createPublicKey, hash, type KeyObject, sign, verify } from 'node:crypto';
import { HASH_BYTES } from './merkle.ts';
import { requireSize } from './sizes.ts';

/** Says why a note, a checkpoint or a verifier is refused. Its message has nothing secret. */
export class NoteError extends Error {
  override readonly name = 'NoteError';
}

export interface Signer {
  readonly name: string;
  /** The text by which others know the key: name, key id and public key. */
  readonly verifier: string;
  /** Returns the key id and the signature. */
  sign(text: string): Buffer;
}

export interface Verifier {
  readonly name: string;
  /** Four bytes in hexadecimal. */
  readonly keyId: string;
  verify(text: string, signature: Uint8Array): boolean;
}

/** Of the seed of a signer. */
export const SEED_BYTES = 32;
const KEY_BYTES = 32;
const ID_BYTES = 4;
const ED25519 = Buffer.of(1);
// What stands in DER before a raw private key (RFC 8410, section 7) and a raw public key (section 4).
const PKCS8 = Buffer.from('302e020100300506032b657004220420', 'hex');
const SPKI = Buffer.from('302a300506032b6570032100', 'hex');

/** Returns the signer of a seed. Its public key is bound to the name. Throws for a name that notes cannot carry. */
export function signerOf(name: string, seed: Uint8Array): Signer {
  if (!isName(name)) throw new NoteError('the name of a key has at least one character, no space and no plus sign');
  if (seed.length !== SEED_BYTES) throw new NoteError(`a seed has ${SEED_BYTES} bytes`);
  const key = createPrivateKey({ key: Buffer.concat([PKCS8, seed]), format: 'der', type: 'pkcs8' });
  const raw = createPublicKey(key).export({ format: 'der', type: 'spki' }).subarray(SPKI.length);
  const publicKey = Buffer.concat([ED25519, raw]);
  const keyId = keyIdOf(name, publicKey);
  return {
    name,
    verifier: `${name}+${keyId.toString('hex')}+${publicKey.toString('base64')}`,
    sign: (text) => Buffer.concat([keyId, sign(null, Buffer.from(text), key)]),
  };
}

/** Returns the verifier of `<name>+<key id>+<key>`. Throws unless the key is one of Ed25519 and has this id. */
export function parseVerifier(text: string): Verifier {
  const [, name = '', keyId = '', base64 = ''] = /^([^+]*)\+([0-9a-f]{8})\+(.+)$/.exec(text) ?? [];
  if (!isName(name)) throw new NoteError('a verifier is <name>+<8 hexadecimal digits>+<base64>');
  const publicKey = bytesOf(base64);
  if (publicKey === undefined || publicKey[0] !== ED25519[0] || publicKey.length !== 1 + KEY_BYTES)
    throw new NoteError(`the verifier of ${name} has no Ed25519 key`);
  if (keyIdOf(name, publicKey).toString('hex') !== keyId)
    throw new NoteError(`the verifier of ${name} has not the id of its key`);
  const key = publicKeyOf(publicKey.subarray(1));
  return { name, keyId, verify: (signed, signature) => verify(null, Buffer.from(signed), key, signature) };
}

function publicKeyOf(raw: Uint8Array): KeyObject {
  return createPublicKey({ key: Buffer.concat([SPKI, raw]), format: 'der', type: 'spki' });
}

function keyIdOf(name: string, publicKey: Uint8Array): Buffer {
  return hash('sha256', Buffer.concat([Buffer.from(`${name}\n`), publicKey]), 'buffer').subarray(0, ID_BYTES);
}

/** Returns the text with a line for each signature. Throws for a text that no note can have, and without signers. */
export function signNote(text: string, signers: readonly Signer[]): string {
  if (!isText(text) || !text.endsWith('\n')) throw new NoteError('the text of a note ends with a line break');
  if (signers.length === 0) throw new NoteError('a note has at least one signature');
  const lines = signers.map((signer) => `${DASH}${signer.name} ${signer.sign(text).toString('base64')}\n`);
  return `${text}\n${lines.join('')}`;
}

export interface OpenedNote {
  /** What was signed, with its last line break. */
  readonly text: string;
  /** Whose signatures are valid, one name for each key. */
  readonly by: readonly string[];
}

const DASH = '— ';
const MOST_SIGNATURES = 100;

/**
 * Returns a text that at least one of the verifiers signed. Signatures of others are passed over; throws when there are
 * no more than those, when one of a known key is wrong, and for what is no note.
 */
export function openNote(note: string, verifiers: readonly Verifier[]): OpenedNote {
  const { text, signatures } = splitNote(note);
  const by = new Map<Verifier, string>();
  for (const { name, keyId, signature } of signatures) {
    const known = verifiers.find((verifier) => verifier.name === name && verifier.keyId === keyId);
    if (known === undefined || by.has(known)) continue;
    if (!known.verify(text, signature)) throw new NoteError(`the signature of ${name}+${keyId} is wrong`);
    by.set(known, name);
  }
  if (by.size === 0) throw new NoteError('no known key signed the note');
  return { text, by: [...by.values()] };
}

interface Signature {
  readonly name: string;
  readonly keyId: string;
  readonly signature: Buffer;
}

function splitNote(note: string): { text: string; signatures: Signature[] } {
  const split = note.lastIndexOf('\n\n');
  if (split < 0 || !isText(note) || !note.endsWith('\n')) throw new NoteError('this is no signed note');
  const lines = note.slice(split + 2, -1).split('\n');
  if (lines.length > MOST_SIGNATURES) throw new NoteError('the note has too many signatures');
  return { text: note.slice(0, split + 1), signatures: lines.map(signatureOf) };
}

function signatureOf(line: string): Signature {
  const [name = '', base64 = '', ...more] = line.slice(DASH.length).split(' ');
  const bytes = bytesOf(base64);
  if (!line.startsWith(DASH) || !isName(name) || more.length > 0 || bytes === undefined || bytes.length <= ID_BYTES)
    throw new NoteError('a line of signatures is malformed');
  return { name, keyId: bytes.subarray(0, ID_BYTES).toString('hex'), signature: bytes.subarray(ID_BYTES) };
}

export interface Checkpoint {
  /** The name of the log. */
  readonly origin: string;
  readonly size: number;
  readonly root: Buffer;
  /** Further lines, of which this version knows nothing. */
  readonly extensions: readonly string[];
}

/** Returns the text that says which root a log had at a size (C2SP tlog-checkpoint); `signNote` signs it. */
export function checkpointText({ origin, size, root }: Omit<Checkpoint, 'extensions'>): string {
  if (origin === '' || origin.includes('\n')) throw new NoteError('the origin of a checkpoint is a line');
  requireSize(size, 'the size');
  if (root.length !== HASH_BYTES) throw new RangeError('a hash has 32 bytes');
  return `${origin}\n${size}\n${root.toString('base64')}\n`;
}

/** Returns what the text of a checkpoint says. Throws for every text that `checkpointText` and extensions do not give. */
export function parseCheckpoint(text: string): Checkpoint {
  const lines = text.split('\n');
  if (lines.pop() !== '' || lines.includes('')) throw new NoteError('a checkpoint has no empty line');
  const [origin, digits, base64, ...extensions] = lines;
  if (origin === undefined || digits === undefined || base64 === undefined)
    throw new NoteError('a checkpoint has three lines: origin, size, root');
  const size = Number(digits);
  if (!/^(0|[1-9]\d*)$/.test(digits) || !Number.isSafeInteger(size))
    throw new NoteError('the size of a checkpoint is a decimal number');
  const root = bytesOf(base64);
  if (root?.length !== HASH_BYTES) throw new NoteError('the root of a checkpoint is 32 bytes in base64');
  return { origin, size, root, extensions };
}

/** Says whether keys can have the name: their lines are taken apart at spaces and plus signs. */
function isName(name: string): boolean {
  return name !== '' && name.isWellFormed() && !/[\s\u0085+]/.test(name);
}

/** Says whether notes can have the text: no control characters but line breaks. */
function isText(text: string): boolean {
  return text.isWellFormed() && !Array.from(text).some((character) => character < ' ' && character !== '\n');
}

/** Returns the bytes of a text in base64, or undefined when it is not the one form of them. */
function bytesOf(base64: string): Buffer | undefined {
  const bytes = Buffer.from(base64, 'base64');
  return bytes.toString('base64') === base64 ? bytes : undefined;
}
