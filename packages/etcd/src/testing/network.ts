/** Which bytes pass between members, and between clients and members. */

export interface Network {
  /** The index of each member by its id in hex. */
  readonly ids: Map<string, number>;
  /** Whether members reach each other; a sender that does not say who it is asks for a version, and is answered. */
  peersPass(sender: string | undefined, receiver: number): boolean;
  clientsPass(receiver: number): boolean;
  cut(one: number, other: number): void;
  mend(): void;
  isolate(receiver: number): void;
  admit(receiver: number): void;
}

export function createNetwork(): Network {
  const ids = new Map<string, number>();
  const cuts = new Set<string>();
  const isolated = new Set<number>();
  return {
    ids,
    peersPass: (sender = '', receiver) => !cuts.has(`${ids.get(sender)}-${receiver}`),
    clientsPass: (receiver) => !isolated.has(receiver),
    cut(one, other) {
      cuts.add(`${one}-${other}`).add(`${other}-${one}`);
    },
    mend: () => cuts.clear(),
    isolate(receiver) {
      isolated.add(receiver);
    },
    admit(receiver) {
      isolated.delete(receiver);
    },
  };
}
