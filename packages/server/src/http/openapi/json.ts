/** What the parts of the document are made of. */

export type Json = { readonly [name: string]: unknown };

export function isJson(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Returns the member as an object, an empty one when it is none. */
export function member(of: unknown, name: string): Json {
  const value = isJson(of) ? of[name] : undefined;
  return isJson(value) ? value : {};
}

/** Returns the member as a list of texts, an empty one when it is none. */
export function texts(of: unknown, name: string): readonly string[] {
  const value = isJson(of) ? of[name] : undefined;
  return Array.isArray(value) ? value.map(String) : [];
}

/** Returns the object with each value replaced. */
export function mapMembers(of: Json, change: (value: unknown, name: string) => unknown): Json {
  return Object.fromEntries(Object.entries(of).map(([name, value]) => [name, change(value, name)]));
}

/** `create_tenant` and `idp-config` become `CreateTenant` and `IdpConfig`. */
export function pascal(name: string): string {
  return name.replace(/(?:^|[_-])(\w)/g, (_, letter: string) => letter.toUpperCase());
}
