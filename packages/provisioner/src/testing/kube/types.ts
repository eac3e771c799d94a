/** What the stand-in for the Kubernetes API knows of a type of objects. */

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
export type JsonObject = { [key: string]: Json };

/** The structure of a value, as server-side apply needs it: which fields there are, and how lists and maps merge. */
export interface SchemaNode {
  readonly kind: 'object' | 'map' | 'list' | 'scalar' | 'any';
  /** Of an object: its fields. */
  readonly fields?: Readonly<Record<string, SchemaNode>>;
  /** Of a map: its values. */
  readonly values?: SchemaNode;
  /** Of a list: its items. */
  readonly items?: SchemaNode;
  /** Of a list: `atomic` unless given. */
  readonly listType?: 'atomic' | 'set' | 'map';
  /** Of a list of type `map`: the fields that name an item. */
  readonly listMapKeys?: readonly string[];
  /** Of an object or a map: `granular` unless given. */
  readonly mapType?: 'atomic' | 'granular';
  /** Of a scalar: `string` unless given. */
  readonly scalar?: 'string' | 'integer' | 'number' | 'boolean' | 'intOrString';
  /** Of a key of a list of type `map`: the value of an item that leaves the key out. */
  readonly default?: Json;
  /** Of an object: fields that the schema does not name are kept. */
  readonly preserveUnknown?: boolean;
}

/** One reason why an object is refused, as a Status carries it in `details.causes`. */
export interface Cause {
  /** `FieldValueInvalid`, `FieldValueRequired`, `FieldValueNotSupported`, `FieldManagerConflict` and so on. */
  readonly reason: string;
  readonly message: string;
  /** A path, `spec.instances` or `spec.template.containers[0].name`. */
  readonly field: string;
}

/** A type of objects in one version. */
export interface ResourceType {
  /** Empty for the core group. */
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly plural: string;
  /** False for a type of the whole cluster. True unless given. */
  readonly namespaced?: boolean;
  /** Does `status` have an endpoint of its own? */
  readonly status: boolean;
  /** The whole object. `apiVersion`, `kind` and `metadata` may be left out: they are alike for all types. */
  readonly schema: SchemaNode;
  /** What an object has that was given nothing: its fields are nobody's. */
  readonly empty?: JsonObject;
  /** Is a PUT without `metadata.resourceVersion` taken? True for built-in types, false for types of a CRD. */
  readonly unconditionalUpdate?: boolean;
  /** Answers why the object cannot be read as one of this type, as a wrong base64; undefined when it can. */
  undecodable?(object: JsonObject): string | undefined;
  /** Answers a copy with defaults filled in. */
  defaulted(object: JsonObject): JsonObject;
  /** Answers a copy without unknown fields, and the paths of those, as `spec.foo`. */
  pruned(object: JsonObject): { object: JsonObject; dropped: string[] };
  /** Answers why the object is invalid; `old` is there for an update. */
  validate(object: JsonObject, old?: JsonObject): Cause[];
}
