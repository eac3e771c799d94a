/** What one load generator is to send, and for how long. */
export interface Order {
  readonly url: string;
  readonly path: string;
  readonly method: 'GET' | 'POST';
  readonly headers: Readonly<Record<string, string>>;
  readonly bodies: readonly string[];
  /** What is in the body of each right answer. */
  readonly accepts: string;
  readonly connections: number;
  readonly seconds: number;
}
