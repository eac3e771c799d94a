/** What a migration does that the previous release, which serves beside it, does not bear (docs/upgrade.md). */

interface Rule {
  readonly says: string;
  readonly finds: (statement: string, made: ReadonlySet<string>) => boolean;
}

const rules: readonly Rule[] = [
  {
    says: 'drops or renames what the previous release may use',
    finds: (text) => /\b(drop (table|column)|rename (to|column|constraint))\b/.test(text),
  },
  { says: 'changes the type of a column', finds: (text) => /\balter (column )?\w+ (set data )?type\b/.test(text) },
  {
    says: 'makes a column not null, or adds one without a default',
    finds: (text) =>
      /\bset not null\b/.test(text) ||
      (text.match(/\badd column (?:[^,(]|\([^)]*\))*/g) ?? []).some(
        (column) => /\bnot null\b/.test(column) && !/\bdefault\b/.test(column),
      ),
  },
  {
    says: 'adds a constraint that is not "not valid"',
    finds: (text, made) => /\badd constraint\b/.test(text) && !/\bnot valid\b/.test(text) && !made.has(tableOf(text)),
  },
  {
    says: 'makes an index without "if not exists" on a table that is already there',
    finds: (text, made) =>
      /\bcreate (unique )?index\b/.test(text) && !/\bif not exists\b/.test(text) && !made.has(tableOf(text)),
  },
];

/** Returns what the text of a migration does that it may not; `// contract: why` in it says that it may. */
export function contractionsOf(text: string): string[] {
  if (/^ *\/\/ contract: \S/m.test(text)) return [];
  const [up = ''] = text.split('export async function down');
  const statements = [...up.matchAll(/sql(?:<[^>]*>)?`([^`]*)`/g)].map(([, sql = '']) =>
    sql.toLowerCase().replace(/\s+/g, ' '),
  );
  const made = new Set(statements.flatMap((each) => /\bcreate table (?:if not exists )?(\w+)/.exec(each)?.[1] ?? []));
  return rules.filter(({ finds }) => statements.some((each) => finds(each, made))).map(({ says }) => says);
}

function tableOf(statement: string): string {
  return /\b(?:alter table(?: only)?|on) (\w+)/.exec(statement)?.[1] ?? '';
}
