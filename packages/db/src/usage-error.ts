/** A command was called in a way that makes no sense: the caller gets exit code 2, and nothing was done. */
export class UsageError extends Error {}
