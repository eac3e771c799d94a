/**
 * Whether what clients were told of one key is what a linearizable register with versions could have told them. Versions
 * are the order of the writes, so the question has an exact answer in linear time: is there a moment for each version,
 * within the limits that its own request and all reads set, in the order of the versions?
 */

interface Timed {
  /** The times of question and answer, by one clock. */
  readonly began: number;
  readonly ended: number;
}

export interface VersionRead extends Timed {
  /** 0: the key had no value. */
  readonly version: number;
  /** The name of the content; undefined when only the version was told. */
  readonly content: string | undefined;
}

export interface VersionWrite extends Timed {
  /** Unlike that of any other write. */
  readonly name: string;
  /** The name of the content; null: a deletion. Of a rollback: the version whose content comes back. */
  readonly content: string | null | { readonly of: number };
  /** The version that must be the current one, 0: no value; null: any. */
  readonly expected: number | null;
  /** `version: null`: success was answered, without the version. */
  readonly outcome: { readonly version: number | null } | 'refused' | 'unknown';
  /** How often it was sent, with one Idempotency-Key; absent: once. */
  readonly sent?: number;
}

/** A version as the history of the key has it at the end. */
export interface RecordedVersion {
  readonly version: number;
  /** The write that made it. */
  readonly name: string;
  /** Null: a deletion. */
  readonly content: string | null;
}

export interface KeyHistory {
  readonly key: string;
  readonly writes: readonly VersionWrite[];
  readonly reads: readonly VersionRead[];
  readonly recorded: readonly RecordedVersion[];
}

/**
 * Returns a sentence for each contradiction: a version that is missing, was given twice or is of another write than was
 * answered; a write that was answered and is lost, was refused and took effect, took effect twice, or over a version that it
 * did not expect; a read of what never was; a read that is older than what was answered before it began, or newer than what
 * had begun when it ended. Of a read that told no value, and which more than one deletion explains, only that is asked
 * whether one of them does.
 */
export function versionViolations(history: KeyHistory): string[] {
  const numbered = numberedOf(history);
  const found = [...gaps(numbered), ...writeViolations(history, numbered), ...contentViolations(history, numbered)];
  // The order in time has no meaning for a history with holes.
  const whole = found.length === 0 ? timeViolations(history, numbered) : [];
  return [...found, ...whole].map((sentence) => `${history.key}: ${sentence}`);
}

/** The history by version; the first one stands at 1. */
type Numbered = readonly (RecordedVersion | undefined)[];

function numberedOf({ recorded }: KeyHistory): Numbered {
  const numbered: (RecordedVersion | undefined)[] = [undefined];
  for (const each of recorded) numbered[each.version] = each;
  return Array.from(numbered);
}

function gaps(numbered: Numbered): string[] {
  return numbered.flatMap((each, version) =>
    version > 0 && each === undefined ? [`there is no version ${version}`] : [],
  );
}

function writeViolations({ writes, recorded }: KeyHistory, numbered: Numbered): string[] {
  const made = new Map<string, RecordedVersion[]>();
  for (const each of recorded) made.set(each.name, [...(made.get(each.name) ?? []), each]);
  const names = new Set(writes.map(({ name }) => name));
  const nobody = recorded.filter(({ name }) => !names.has(name));
  return [
    ...nobody.map(({ version, name }) => `version ${version} is of ${name}, which nobody sent`),
    ...givenTwice(writes),
    ...writes.flatMap((write) => ofWrite(write, made.get(write.name) ?? [], numbered)),
  ];
}

function givenTwice(writes: readonly VersionWrite[]): string[] {
  const owners = new Map<number, string>();
  return writes.flatMap(({ name, outcome }) => {
    if (typeof outcome === 'string' || outcome.version === null) return [];
    const { version } = outcome;
    const owner = owners.get(version);
    owners.set(version, owner ?? name);
    return owner === undefined ? [] : [`version ${version} was answered to ${owner} and to ${name}`];
  });
}

function ofWrite(write: VersionWrite, made: readonly RecordedVersion[], numbered: Numbered): string[] {
  const { outcome, expected, sent = 1 } = write;
  const name = sent === 1 ? write.name : `${write.name}, sent ${sent} times,`;
  const versions = made.map(({ version }) => version).join(' and ');
  const found: string[] = [];
  if (made.length > 1) found.push(`${name} took effect ${made.length} times, as versions ${versions}`);
  if (outcome === 'refused' && made.length > 0) found.push(`${name} was refused, and is version ${versions}`);
  if (typeof outcome !== 'string') found.push(...lost(write, outcome.version, made));
  for (const { version, content } of made) {
    const before = numbered[version - 1];
    const current = before === undefined || before.content === null ? 0 : before.version;
    if (expected !== null && expected !== current)
      found.push(`${name} expected version ${expected}, and took effect over ${current}`);
    const wanted = wantedContent(write, numbered);
    if (content !== wanted) found.push(`${name} is version ${version} with the content ${content}, not ${wanted}`);
  }
  return found;
}

function lost({ name }: VersionWrite, version: number | null, made: readonly RecordedVersion[]): string[] {
  if (made.length === 0) return [`${name} was answered with version ${version}, and is lost`];
  const isThere = version === null || made.some((each) => each.version === version);
  return isThere ? [] : [`${name} was answered with version ${version}, and is version ${made[0]?.version}`];
}

function wantedContent({ content }: VersionWrite, numbered: Numbered): string | null {
  return typeof content === 'object' && content !== null ? (numbered[content.of]?.content ?? null) : content;
}

function contentViolations({ reads }: KeyHistory, numbered: Numbered): string[] {
  return reads.flatMap(({ version, content }) => {
    if (version === 0) return [];
    const recorded = numbered[version];
    if (recorded === undefined) return [`a read told version ${version}, which is not there`];
    if (recorded.content === null) return [`a read told a value of version ${version}, which is a deletion`];
    return content === undefined || content === recorded.content
      ? []
      : [`a read told version ${version} with the content ${content}, not ${recorded.content}`];
  });
}

/** A bound of the moment at which a version began to be the current one, and who set it. */
interface Bound {
  readonly at: number;
  readonly by: string;
}

interface Bounds {
  /** By version: it began then or later. */
  readonly least: Bound[];
  /** By version: it began then or earlier. */
  readonly most: Bound[];
}

const NEVER: Bound = { at: Number.POSITIVE_INFINITY, by: 'nobody' };
const ALWAYS: Bound = { at: Number.NEGATIVE_INFINITY, by: 'nobody' };

function timeViolations(history: KeyHistory, numbered: Numbered): string[] {
  const deletions = [0, ...numbered.flatMap((each) => (each?.content === null ? [each.version] : []))];
  const valued = history.reads.filter(({ version }) => version > 0);
  const told = boundsOf(history, valued, numbered);
  const absent = history.reads
    .filter(({ version }) => version === 0)
    .map((read) => ({ read, by: explaining(read, deletions, told) }));
  const single = absent.flatMap(({ read, by }) => {
    const [version] = by.length === 1 ? by : [];
    return version === undefined ? [] : [{ ...read, version }];
  });
  const placed = [...valued, ...single];
  const { least, most } = boundsOf(history, placed, numbered);
  const versionOf = versionsByName(numbered);
  const begun = history.writes.flatMap((write) => {
    const version = versionOf.get(write.name) ?? -1;
    const bound = most[version] ?? NEVER;
    return write.began > bound.at ? [`version ${version} was written from ${time(write.began)}, but ${bound.by}`] : [];
  });
  const stale = placed.flatMap((read) => {
    const bound = most[read.version + 1] ?? NEVER;
    return read.began > bound.at ? [`a read told version ${read.version} at ${span(read)}, but ${bound.by}`] : [];
  });
  const unexplained = absent.filter(
    ({ read, by }) => by.length === 0 || explaining(read, deletions, { least, most }).length === 0,
  );
  return [
    ...begun,
    ...stale,
    ...unexplained.map(({ read }) => `a read told no value at ${span(read)}, which no deletion explains`),
  ];
}

/** Returns the deletions, and 0 for the time before the first write, that can have been current during the read. */
function explaining(read: VersionRead, deletions: readonly number[], { least, most }: Bounds): readonly number[] {
  // Both bounds only grow with the version.
  const from = firstIndex(deletions, (version) => (most[version + 1] ?? NEVER).at >= read.began);
  const to = firstIndex(deletions, (version) => (least[version] ?? ALWAYS).at > read.ended);
  return deletions.slice(from, to);
}

/** Returns the index of the first version for which the question, once it is yes, stays yes; the length when there is none. */
function firstIndex(versions: readonly number[], isSo: (version: number) => boolean): number {
  let [low, high] = [0, versions.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (isSo(versions[middle] ?? 0)) high = middle;
    else low = middle + 1;
  }
  return low;
}

function boundsOf({ writes }: KeyHistory, reads: readonly VersionRead[], numbered: Numbered): Bounds {
  const least = numbered.map(() => ALWAYS);
  const most = numbered.map(() => NEVER);
  const atLeast = (version: number, bound: Bound) => {
    const before = least[version];
    if (before !== undefined && bound.at > before.at) least[version] = bound;
  };
  const atMost = (version: number, bound: Bound) => {
    const before = most[version];
    if (before !== undefined && bound.at < before.at) most[version] = bound;
  };
  const versionOf = versionsByName(numbered);
  for (const { name, began, ended, outcome } of writes) {
    const version = versionOf.get(name);
    if (version === undefined) continue;
    atLeast(version, { at: began, by: `${name} began at ${time(began)}` });
    if (typeof outcome !== 'string')
      atMost(version, { at: ended, by: `version ${version} was answered to its writer at ${time(ended)}` });
  }
  for (const { version, began, ended } of reads) {
    atLeast(version + 1, { at: began, by: `version ${version} was still told after ${time(began)}` });
    atMost(version, { at: ended, by: `version ${version} was told at ${time(ended)}` });
  }
  for (let version = 1; version < least.length; version += 1) atLeast(version, least[version - 1] ?? ALWAYS);
  for (let version = most.length - 2; version >= 0; version -= 1) atMost(version, most[version + 1] ?? NEVER);
  return { least, most };
}

function versionsByName(numbered: Numbered): ReadonlyMap<string, number> {
  return new Map(numbered.flatMap((each) => (each === undefined ? [] : [[each.name, each.version] as const])));
}

const time = (ms: number) => ms.toFixed(1);
const span = ({ began, ended }: Timed) => `${time(began)}–${time(ended)}`;
