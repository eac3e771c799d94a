/** Statements of the driver that run again and again: what their rows look like is worked out once. */
import pg from 'pg';

interface Field {
  readonly name: string;
  readonly dataTypeID: number;
}

/** The members of the driver's result that the description of its rows sets. The driver's types do not name them. */
interface Described {
  fields: readonly Field[];
  _parsers: unknown[];
  _prebuiltEmptyResultObject: object;
}

/** What the rows of one statement look like, once the server has said it. */
class Shape {
  #known: Described | undefined;

  /** Gives the result what it would make of the same description, and tells whether it could. */
  lend(result: Described, fields: readonly Field[]): boolean {
    const known = this.#known;
    if (known === undefined || !isSame(known.fields, fields)) return false;
    result.fields = known.fields;
    result._parsers = known._parsers;
    result._prebuiltEmptyResultObject = known._prebuiltEmptyResultObject;
    return true;
  }

  /** Keeps what the result made of a description. */
  keep({ fields, _parsers }: Described): void {
    // Made anew: the driver's own object is one that is slow to copy, and each row begins as its copy.
    const empty = Object.fromEntries(fields.map(({ name }) => [name, null]));
    this.#known = { fields, _parsers, _prebuiltEmptyResultObject: empty };
  }
}

/** The shapes of statements with names. */
export class Shapes {
  readonly #byName = new Map<string, Shape>();

  /** Returns that of the name, the same one each time. */
  of(name: string): Shape {
    const shape = this.#byName.get(name) ?? new Shape();
    this.#byName.set(name, shape);
    return shape;
  }
}

function isSame(known: readonly Field[], told: readonly Field[]): boolean {
  if (known.length !== told.length) return false;
  return known.every(({ name, dataTypeID }, at) => name === told[at]?.name && dataTypeID === told[at].dataTypeID);
}

/** The driver's query, with the members that its types leave out. */
interface DriverQuery extends pg.Submittable {
  name?: string;
  queryMode?: 'extended';
  readonly _result: Described;
  _accumulateRows: boolean;
  prepare(connection: unknown): void;
  handleRowDescription(message: { readonly fields: readonly Field[] }): void;
  handleDataRow(message: unknown): void;
  handleCommandComplete(message: unknown, connection: unknown): void;
  handleError(error: Error, connection: unknown): void;
}
const DriverQuery = pg.Query as unknown as new (text: string, values: readonly unknown[]) => DriverQuery;

/** A query of the driver that borrows the shape of the same query before it: half of what the driver does is that. */
export class ShapedQuery extends DriverQuery {
  readonly #shape: Shape | undefined;

  /** Without a name the connection keeps nothing of the statement; without a shape it borrows none. */
  constructor({ name, text }: { name?: string; text: string }, values: readonly unknown[], shape: Shape | undefined) {
    super(text, values);
    this.#shape = shape;
    if (name !== undefined) this.name = name;
  }

  override handleRowDescription(message: { readonly fields: readonly Field[] }): void {
    if (this.#shape?.lend(this._result, message.fields)) {
      this._accumulateRows = true;
      return;
    }
    super.handleRowDescription(message);
    this.#shape?.keep(this._result);
  }
}
