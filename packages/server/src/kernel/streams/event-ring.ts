/** The last events of a stream, for listeners that come back. */
import { randomBytes } from 'node:crypto';

export interface EventRing {
  /** The id of the last event. */
  latest(): string;
  /** Keeps what `textOf` makes of the next id, and returns it. */
  add(textOf: (id: string) => string): string;
  /** The events after the one with the id, as text; undefined when they are not known, or longer than `lengthMax`. */
  since(id: string | null, lengthMax: number): string | undefined;
}

/** Makes a ring of at most `eventsMax` events. Its ids name the process too: only it knows what its numbers mean. */
export function createEventRing(eventsMax: number): EventRing {
  const epoch = randomBytes(8).toString('hex');
  const texts: string[] = [];
  let count = 0;
  const latest = () => `${epoch}-${count}`;
  return {
    latest,
    add(textOf) {
      count += 1;
      const text = textOf(latest());
      texts.push(text);
      if (texts.length > eventsMax) texts.shift();
      return text;
    },
    since(id, lengthMax) {
      const number = /^(\w+)-(\d{1,15})$/.exec(id ?? '');
      const missed = number?.[1] === epoch ? count - Number(number[2]) : Number.NaN;
      if (!(missed >= 0 && missed <= texts.length)) return undefined;
      const text = texts.slice(texts.length - missed).join('');
      return text.length <= lengthMax ? text : undefined;
    },
  };
}
