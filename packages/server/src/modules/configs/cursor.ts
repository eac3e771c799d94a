/**
 * A cursor names a state of the configurations of one project: `<tag>.<revision>`, opaque to callers. The tag is made of the
 * epoch and the project, so a cursor of another project or of another epoch is refused, whatever its revision is.
 */
import { createHash } from 'node:crypto';
import { cursorForm } from './schema.ts';

export interface State {
  /** Another one after the store was moved or repaired: its revisions say nothing about those of this one. */
  readonly epoch: string;
  readonly revision: number;
}

interface Project {
  readonly project_id: string;
}

const TAG_LENGTH = 12;
/** Every read of a key needs a tag: so many are remembered. */
const TAGS_MAX = 1_000;
const tags = new Map<string, string>();

/** Returns the cursor of a state of the project. */
export function cursorOf(project: Project, { epoch, revision }: State): string {
  return `${tagOf(project, epoch)}.${revision}`;
}

/**
 * Returns the state of the project that the cursor names; undefined for text that is no cursor, a cursor of another project
 * or of another epoch than that of the head, and a state after the head.
 */
export function stateOf(project: Project, cursor: string, head: State): State | undefined {
  const [, tag, digits] = cursorForm.exec(cursor) ?? [];
  const revision = Number(digits);
  if (tag !== tagOf(project, head.epoch) || revision > head.revision) return undefined;
  return { epoch: head.epoch, revision };
}

function tagOf({ project_id }: Project, epoch: string): string {
  const name = `${epoch}.${project_id}`;
  let tag = tags.get(name);
  if (tag === undefined) {
    tag = createHash('sha256').update(name).digest('hex').slice(0, TAG_LENGTH);
    const [oldest] = tags.keys();
    if (tags.size >= TAGS_MAX && oldest !== undefined) tags.delete(oldest);
    tags.set(name, tag);
  }
  return tag;
}
