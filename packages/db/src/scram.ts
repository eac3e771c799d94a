/** What a PostgreSQL server checks a password with, made without telling the server the password. */
import { createHash, createHmac, pbkdf2, randomBytes } from 'node:crypto';
import { promisify } from 'node:util';

const SALT_BYTES = 16;
/** As many as PostgreSQL takes itself. */
const ITERATIONS = 4_096;

/**
 * Resolves to the SCRAM-SHA-256 verifier of the password (RFC 5802, 7677; written as in RFC 5803): a server that has it can
 * check the password, not know it. The password must be printable ASCII, which SASLprep leaves as it is.
 */
export async function scramVerifier(password: string, salt: Buffer = randomBytes(SALT_BYTES)): Promise<string> {
  const salted = await promisify(pbkdf2)(password, salt, ITERATIONS, 32, 'sha256');
  const keyed = (text: string) => createHmac('sha256', salted).update(text).digest();
  const storedKey = createHash('sha256').update(keyed('Client Key')).digest('base64');
  return `SCRAM-SHA-256$${ITERATIONS}:${salt.toString('base64')}$${storedKey}:${keyed('Server Key').toString('base64')}`;
}
