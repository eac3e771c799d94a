/**
 * Returns the message of the error, without passwords. A refused connection to a name with several addresses has no
 * message of its own: those of its parts are joined. `secrets` as in `redactPasswords`.
 */
export function safeMessage(error: unknown, secrets: readonly string[] = []): string {
  if (error instanceof AggregateError && error.message === '')
    return error.errors.map((each) => safeMessage(each, secrets)).join(', ');
  return redactPasswords(error instanceof Error ? error.message || error.name : String(error), secrets);
}

/**
 * Returns the text with `***` in the place of every password in a connection string or an SQL statement, of every SCRAM
 * verifier, and of every value in `secrets`, also where that is escaped for a URL, SQL or JSON. Other text is untouched.
 */
export function redactPasswords(text: string, secrets: readonly string[] = []): string {
  return (
    withoutValues(text, secrets)
      // Passwords often hold / ? or # unescaped: in a PostgreSQL URL everything up to the last @ is hidden.
      .replace(/(\bpostgres(?:ql)?:\/\/[^\s:@/?#]*):(?:(?!:\/\/)[^\s"])*@/gi, '$1:***@')
      .replace(/(\b[a-z][a-z0-9+.-]*:\/\/[^\s:@/?#]*):[^\s/?#]*@/gi, '$1:***@')
      .replace(/(\b\w*(?:password|pwd)\s*=\s*)('(?:[^'\\]|\\.)*'|[^\s&;]+)/gi, '$1***')
      // With a backslash at its end a text could go on after the quote: the longest reading is hidden.
      .replace(/(\bpassword\s+)(?:e|u&)?'(?:[^'\\]|''|\\.|\\$)*(?:'|$)/gi, "$1'***'")
      .replace(/\bSCRAM-SHA-256\$[^\s'"]*/gi, 'SCRAM-SHA-256$***')
  );
}

function withoutValues(text: string, secrets: readonly string[]): string {
  const forms = secrets.filter((secret) => secret !== '').flatMap(formsOf);
  // The longest first: a form that is part of another would leave the rest of it.
  const sorted = [...new Set(forms)].sort((a, b) => b.length - a.length);
  return sorted.reduce((rest, form) => rest.replaceAll(form, '***'), text);
}

function formsOf(secret: string): string[] {
  const wellFormed = secret.toWellFormed(); // a lone surrogate has no form in a URL
  const escaped = encodeURIComponent(wellFormed);
  const lowerCase = escaped.replace(/%../g, (code) => code.toLowerCase());
  return [
    secret,
    escaped,
    lowerCase,
    encodeURI(wellFormed),
    secret.replaceAll("'", "''"),
    JSON.stringify(secret).slice(1, -1),
  ];
}
