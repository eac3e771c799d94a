/** A command was called wrongly: it exits with 2 and has changed nothing. */
export class UsageError extends Error {}
