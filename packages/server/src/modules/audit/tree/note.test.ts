// engine: none
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { EMPTY_ROOT, leafHash } from './merkle.ts';
import { checkpointText, NoteError, openNote, parseCheckpoint, parseVerifier, signerOf, signNote } from './note.ts';

const NAME = 'registry.example/audit';
const ours = signerOf(NAME, Buffer.alloc(32, 1));
const next = signerOf(NAME, Buffer.alloc(32, 2));
const witness = signerOf('witness.example', Buffer.alloc(32, 3));
const text = checkpointText({ origin: `${NAME}/0192f0c4`, size: 128, root: leafHash('x') });
const note = signNote(text, [ours]);

test('a key of the Go checksum database is known by its published verifier', () => {
  const published = 'sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8';
  expect(parseVerifier(published)).toMatchObject({ name: 'sum.golang.org', keyId: '033de0ae' });
});

test('the key pair of the Go package is the same here', () => {
  // golang.org/x/mod/sumdb/note, example: PeterNeumann.
  const skey = 'PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz';
  const seed = Buffer.from(skey.slice(skey.lastIndexOf('c74f20a3') + 9), 'base64').subarray(1);
  const { verifier, sign } = signerOf('PeterNeumann', seed);
  expect(verifier).toBe('PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW');
  const message =
    "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n";
  expect(sign(message).toString('base64')).toBe(
    'x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=',
  );
});

test('a signed text comes out of its note', () => {
  expect(note).toBe(`${text}\n— ${NAME} ${ours.sign(text).toString('base64')}\n`);
  expect(openNote(note, [parseVerifier(ours.verifier)])).toEqual({ text, by: [NAME] });
});

test('any text with line breaks at most can be signed, also one with empty lines', () => {
  const verifiers = [parseVerifier(ours.verifier), parseVerifier(witness.verifier)];
  const line = fc.string({ unit: 'binary' }).filter((each) => !Array.from(each).some((one) => one < ' '));
  fc.assert(
    fc.property(fc.array(line, { minLength: 1 }), (lines) => {
      const signed = lines.map((each) => `${each}\n`).join('');
      expect(openNote(signNote(signed, [ours, witness]), verifiers)).toEqual({
        text: signed,
        by: [NAME, 'witness.example'],
      });
    }),
    { numRuns: 50 },
  );
});

test('while the key is rotated, old and new verifiers open the note, and others are passed over', () => {
  const both = signNote(text, [witness, ours, next]);
  expect(openNote(both, [parseVerifier(ours.verifier)]).by).toEqual([NAME]);
  expect(openNote(both, [parseVerifier(next.verifier)]).by).toEqual([NAME]);
  expect(
    openNote(
      both,
      [ours, next].map(({ verifier }) => parseVerifier(verifier)),
    ).by,
  ).toEqual([NAME, NAME]);
  expect(() => openNote(note, [parseVerifier(next.verifier)])).toThrow('no known key signed the note');
  expect(() => openNote(note, [])).toThrow('no known key signed the note');
});

test('each changed character is refused', () => {
  const verifiers = [parseVerifier(ours.verifier)];
  for (let at = 0; at < note.length; at += 1) {
    const changed = `${note.slice(0, at)}${note[at] === 'B' ? 'C' : 'B'}${note.slice(at + 1)}`;
    expect(() => openNote(changed, verifiers), `character ${at}`).toThrow(NoteError);
  }
  for (let end = 0; end < note.length; end += 1)
    expect(() => openNote(note.slice(0, end), verifiers), `up to ${end}`).toThrow(NoteError);
});

test('a wrong signature of a known key is refused, beside a right one of another', () => {
  const forged = `— ${NAME} ${Buffer.concat([next.sign(text).subarray(0, 4), ours.sign(text).subarray(4)]).toString('base64')}\n`;
  const verifiers = [ours, next].map(({ verifier }) => parseVerifier(verifier));
  expect(() => openNote(`${note}${forged}`, verifiers)).toThrow(
    /^the signature of registry\.example\/audit\+[0-9a-f]{8} is wrong$/,
  );
  // To whom the key is unknown, it is no more than a line.
  expect(openNote(`${note}${forged}`, verifiers.slice(0, 1)).by).toEqual([NAME]);
});

const LINE = note.slice(text.length + 1);

test.each([
  ['nothing', ''],
  ['no signatures', text],
  ['an empty line instead of signatures', `${text}\n`],
  ['no empty line', `${text}${LINE}`],
  ['no last line break', note.slice(0, -1)],
  ['a control character', note.replace('128', '12\t8')],
  ['a lone surrogate', note.replace('128', '12\ud8008')],
  ['a hyphen for a dash', note.replace('— ', '- ')],
  ['no name', note.replace(`— ${NAME}`, '— ')],
  ['a name with a plus sign', note.replace(`— ${NAME}`, '— a+b')],
  ['a third word', note.replace(LINE, `${LINE.slice(0, -1)} more\n`)],
  ['a signature without bytes', note.replace(LINE, `— ${NAME} AAAAAA==\n`)],
  ['base64 that is not canonical', note.replace(LINE, `— ${NAME} AAAAAAF=\n`)],
  ['more than 100 signatures', `${text}\n${LINE.repeat(101)}`],
])('a note with %s is malformed', (_, malformed) => {
  expect(() => openNote(malformed, [parseVerifier(ours.verifier)])).toThrow(/no signed note|malformed|too many/);
});

test('what notes cannot carry is not signed', () => {
  expect(() => signNote('no line break', [ours])).toThrow('ends with a line break');
  expect(() => signNote('a\r\n', [ours])).toThrow(NoteError);
  expect(() => signNote('\ud800\n', [ours])).toThrow(NoteError);
  expect(() => signNote(text, [])).toThrow('at least one signature');
});

test.each(['', 'a b', 'a+b', 'a\tb', 'a\u00a0b', 'a\u0085b', 'a\u2003b', '\ud800'])(
  'no key has the name %j',
  (name) => {
    expect(() => signerOf(name, Buffer.alloc(32))).toThrow('the name of a key');
  },
);

test('a seed has 32 bytes, and the error does not show it', () => {
  expect(() => signerOf(NAME, Buffer.alloc(31, 'S'))).toThrow(/^a seed has 32 bytes$/);
});

test.each([
  ['nothing', '', 'a verifier is'],
  ['no name', ours.verifier.slice(NAME.length), 'a verifier is'],
  ['a space in the name', ours.verifier.replace('registry', 'regi stry'), 'a verifier is'],
  ['an id of seven digits', ours.verifier.replace(/\+./, '+'), 'a verifier is'],
  ['another name', ours.verifier.replace('registry', 'elsewhere'), 'has not the id of its key'],
  [
    'another key',
    `${ours.verifier.slice(0, NAME.length + 10)}${next.verifier.slice(NAME.length + 10)}`,
    'has not the id',
  ],
  [
    'another algorithm',
    `${ours.verifier.slice(0, NAME.length + 10)}${Buffer.alloc(33, 4).toString('base64')}`,
    'no Ed25519 key',
  ],
  ['a short key', ours.verifier.slice(0, -4), 'no Ed25519 key'],
  ['base64 with a line break', `${ours.verifier}\n`, 'a verifier is'],
  ['no base64', `${ours.verifier.slice(0, NAME.length + 10)}!!!!`, 'no Ed25519 key'],
])('a verifier with %s is refused', (_, verifier, why) => {
  expect(() => parseVerifier(verifier)).toThrow(why);
});

test('a checkpoint says what its text says', () => {
  expect(text).toBe(`${NAME}/0192f0c4\n128\n${leafHash('x').toString('base64')}\n`);
  const origin = `${NAME}/0192f0c4`;
  expect(parseCheckpoint(text)).toEqual({ origin, size: 128, root: leafHash('x'), extensions: [] });
  expect(parseCheckpoint(`${text}more 1\nmore 2\n`).extensions).toEqual(['more 1', 'more 2']);
  const largest = { origin, size: Number.MAX_SAFE_INTEGER, root: EMPTY_ROOT };
  expect(parseCheckpoint(checkpointText(largest))).toMatchObject(largest);
  expect(parseCheckpoint(checkpointText({ ...largest, size: 0 })).size).toBe(0);
});

const ROOT = EMPTY_ROOT.toString('base64');

test.each([
  ['no lines', ''],
  ['two lines', 'o\n1\n'],
  ['no origin', `\n1\n${ROOT}\n`],
  ['no last line break', `o\n1\n${ROOT}`],
  ['an empty extension', `o\n1\n${ROOT}\n\n`],
  ['a leading zero', `o\n01\n${ROOT}\n`],
  ['a sign', `o\n+1\n${ROOT}\n`],
  ['a fraction', `o\n1.0\n${ROOT}\n`],
  ['an exponent', `o\n1e3\n${ROOT}\n`],
  ['a size from 2^53 on', `o\n9007199254740992\n${ROOT}\n`],
  ['a root of 31 bytes', `o\n1\n${EMPTY_ROOT.subarray(1).toString('base64')}\n`],
  ['a root without padding', `o\n1\n${ROOT.slice(0, -1)}\n`],
  ['a root in base64url', `o\n1\n${ROOT.replaceAll('+', '-').replaceAll('/', '_')}\n`],
  ['a root with loose bits', `o\n1\n${ROOT.slice(0, -2)}V=\n`],
  ['carriage returns', `o\r\n1\r\n${ROOT}\r\n`],
])('a checkpoint with %s is refused', (_, malformed) => {
  expect(() => parseCheckpoint(malformed)).toThrow(NoteError);
});

test('what checkpoints cannot say is not written', () => {
  expect(() => checkpointText({ origin: '', size: 1, root: EMPTY_ROOT })).toThrow('the origin');
  expect(() => checkpointText({ origin: 'a\nb', size: 1, root: EMPTY_ROOT })).toThrow('the origin');
  expect(() => checkpointText({ origin: 'a', size: 0.5, root: EMPTY_ROOT })).toThrow('the size');
  expect(() => checkpointText({ origin: 'a', size: 1, root: Buffer.alloc(31) })).toThrow('32 bytes');
});
