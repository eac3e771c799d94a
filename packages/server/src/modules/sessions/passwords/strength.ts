/** Which passwords are refused. Length is what counts; rules about kinds of characters only make people write them down. */
import { sessionErrors } from '../errors.ts';

const LENGTH_MIN = 12;
const LENGTH_MAX = 128;

/** What is tried first, of those that are long enough. */
const common = new Set([
  '000000000000',
  '111111111111',
  '123123123123',
  '123456789012',
  '1234567890123',
  '1234567890ab',
  '1q2w3e4r5t6y',
  'aaaaaaaaaaaa',
  'abcdefghijkl',
  'administrator',
  'changeme1234',
  'iloveyou1234',
  'letmein12345',
  'password1234',
  'password12345',
  'passwordpassword',
  'qwerty123456',
  'qwertyuiop12',
  'qwertyuiop123',
  'welcome12345',
]);

/** Throws `password_too_weak`. */
export function requireStrong(password: string, email: string | null): void {
  const text = password.normalize('NFKC').toLowerCase();
  const { length } = [...text];
  const tooShort = length < LENGTH_MIN || length > LENGTH_MAX;
  if (tooShort || common.has(text) || text === email?.normalize('NFKC').toLowerCase())
    throw sessionErrors.passwordTooWeak();
}
