/** What a scenario found, beside what was demanded. */

export interface Finding {
  readonly scenario: string;
  readonly what: string;
  readonly seen: number | string;
  /** Absent: a figure without a demand. */
  readonly demand?: { readonly is: number } | { readonly most: number } | { readonly least: number };
}

export function isMet({ seen, demand }: Finding): boolean {
  if (demand === undefined) return true;
  if (typeof seen === 'string') return false;
  if ('is' in demand) return seen === demand.is;
  return 'most' in demand ? seen <= demand.most : seen >= demand.least;
}

/** Returns the finding as a line. */
export function lineOf(finding: Finding): string {
  const { scenario, what, seen, demand } = finding;
  const verdict = demand === undefined ? '    ' : isMet(finding) ? 'ok  ' : 'NOT ';
  return `${verdict}${scenario}: ${what}: ${seen}${demand === undefined ? '' : ` (demanded: ${describe(demand)})`}`;
}

function describe(demand: NonNullable<Finding['demand']>): string {
  if ('is' in demand) return String(demand.is);
  return 'most' in demand ? `at most ${demand.most}` : `at least ${demand.least}`;
}
