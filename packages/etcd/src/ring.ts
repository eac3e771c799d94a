/** Which endpoint is asked first. */

export interface Ring {
  /** All endpoints, the preferred one first. */
  order(): readonly number[];
  /** An endpoint answered that was not asked first: it is preferred from now on. */
  answered(endpoint: number): void;
  /** An endpoint did not answer: another one is preferred from now on. */
  failed(endpoint: number): void;
}

export function createRing(size: number, first: number): Ring {
  const orders = Array.from({ length: size }, (_, start) =>
    Array.from({ length: size }, (_, step) => (start + step) % size),
  );
  let preferred = first;
  return {
    order: () => orders[preferred] ?? [],
    answered(endpoint) {
      preferred = endpoint;
    },
    failed(endpoint) {
      if (preferred === endpoint) preferred = (preferred + 1) % size;
    },
  };
}
