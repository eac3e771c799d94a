/** Which errors of the database are about what was written, and which are about its state of the moment. */

/**
 * Classes of SQLSTATE that say nothing of the rows: a repetition can succeed. Connection (08), state of the transaction, as
 * on a standby (25), login (28, 3D), statements that a pooler has forgotten (26), conflicts (40), objects and rights, as
 * during an upgrade (42), resources (53), locks (55), the operator and timeouts (57), the system and the server itself (58,
 * F0, XX).
 */
const TEMPORARY = new Set(['08', '25', '26', '28', '3D', '40', '42', '53', '55', '57', '58', 'F0', 'XX']);
const SQLSTATE = /^[0-9A-Z]{5}$/;

/**
 * Whether the database refused the rows, which a repetition at once does not change: values that it cannot hold (21, 22),
 * broken constraints (23, 44), limits of the program (54), triggers that raise (P0), and whatever is not known. Nothing is
 * lost by a wrong yes, because what was refused is tried again later; a wrong no would hold back everyone.
 */
export function isRefusal(error: unknown): boolean {
  const code = typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
  // Errors of the system have codes like EPIPE, which is of five letters too.
  if (typeof code !== 'string' || !SQLSTATE.test(code) || /^E[A-Z]+$/.test(code)) return false;
  return !TEMPORARY.has(code.slice(0, 2));
}
