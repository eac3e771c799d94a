/**
 * Returns the message of the error, without passwords. A refused connection to a name with several addresses has no
 * message of its own: those of its parts are joined.
 */
export function safeMessage(error: unknown): string {
  if (error instanceof AggregateError && error.message === '') return error.errors.map(safeMessage).join(', ');
  return redactPasswords(error instanceof Error ? error.message || error.name : String(error));
}

/** Returns the text with the password of every connection string in it replaced by `***`; other text is untouched. */
export function redactPasswords(text: string): string {
  return (
    text
      // Passwords often hold / ? or # unescaped: in a PostgreSQL URL everything up to the last @ is hidden.
      .replace(/(\bpostgres(?:ql)?:\/\/[^\s:@/?#]*):(?:(?!:\/\/)[^\s"])*@/gi, '$1:***@')
      .replace(/(\b[a-z][a-z0-9+.-]*:\/\/[^\s:@/?#]*):[^\s/?#]*@/gi, '$1:***@')
      .replace(/(\b\w*(?:password|pwd)\s*=\s*)('(?:[^'\\]|\\.)*'|[^\s&;]+)/gi, '$1***')
  );
}
