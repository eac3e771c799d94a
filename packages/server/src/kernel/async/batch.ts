/** Joins questions of one turn of the event loop into one query. */

/**
 * Returns a function that answers like `askAll` for one subject, and gathers what is asked within one turn of the event
 * loop. Every question is put after its asker came, so the answer is as current as if it had been put alone.
 */
export function batched<Answer>(
  askAll: (subjects: readonly string[]) => Promise<ReadonlyMap<string, Answer>>,
): (subject: string) => Promise<Answer | undefined> {
  let gathering: { subjects: Set<string>; answers: Promise<ReadonlyMap<string, Answer>> } | undefined;
  function gather(): NonNullable<typeof gathering> {
    const subjects = new Set<string>();
    const answers = new Promise<void>((resolve) => setImmediate(resolve)).then(() => {
      gathering = undefined;
      return askAll([...subjects]);
    });
    return { subjects, answers };
  }
  return async (subject) => {
    gathering ??= gather();
    gathering.subjects.add(subject);
    return (await gathering.answers).get(subject);
  };
}
