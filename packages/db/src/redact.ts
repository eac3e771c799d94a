/** Returns the text with the password of every connection string in it replaced by `***`; other text is untouched. */
export function redactPasswords(text: string): string {
  return text
    .replace(/(\b[a-z][a-z0-9+.-]*:\/\/[^\s:@/?#]*):[^\s/?#]*@/gi, '$1:***@')
    .replace(/(\b(?:password|pwd|pgpassword)\s*=\s*)('(?:[^'\\]|\\.)*'|[^\s&;]+)/gi, '$1***');
}
