/**
 * Returns what the error says, without passwords. A refused connection to a name with several addresses says nothing
 * itself: then its parts do.
 */
export function safeMessage(error: unknown): string {
  if (error instanceof AggregateError && error.message === '') return error.errors.map(safeMessage).join(', ');
  return redactPasswords(error instanceof Error ? error.message || error.name : String(error));
}

/** Returns the text with the password of every connection string in it replaced by `***`; other text is untouched. */
export function redactPasswords(text: string): string {
  return (
    text
      // What a URL must escape (/?#) is often forgotten in passwords: in ours all up to the last @ is hidden.
      .replace(/(\bpostgres(?:ql)?:\/\/[^\s:@/?#]*):(?:(?!:\/\/)[^\s"])*@/gi, '$1:***@')
      .replace(/(\b[a-z][a-z0-9+.-]*:\/\/[^\s:@/?#]*):[^\s/?#]*@/gi, '$1:***@')
      .replace(/(\b\w*(?:password|pwd)\s*=\s*)('(?:[^'\\]|\\.)*'|[^\s&;]+)/gi, '$1***')
  );
}
