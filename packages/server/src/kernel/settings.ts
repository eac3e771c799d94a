/** Declares the variables that a part of the product reads: the rule, the text of .env.example, and the value of each. */
import { z } from 'zod';

/** The environment, without empty variables. */
export type Given = Readonly<Record<string, string | undefined>>;

export interface SettingsGroup<Shape extends z.ZodRawShape, Values extends object> {
  /** By the name of the variable. */
  readonly variables: Shape;
  /** Makes the values of the configuration. They join those of every other group, so their names are unique. */
  readonly read: (data: z.output<z.ZodObject<Shape>>, given: Given) => Values;
  /** Returns a sentence for each thing that every variable allows by itself and their combination does not. */
  readonly contradictions?: (given: Given) => string[];
}

/** A group of any variables and values. */
export interface AnySettings {
  readonly variables: z.ZodRawShape;
  read(data: never, given: Given): object;
  contradictions?(given: Given): string[];
}

/** Declares what a part of the product reads from the environment. */
export function defineSettings<Shape extends z.ZodRawShape, Values extends object>(
  group: SettingsGroup<Shape, Values>,
): SettingsGroup<Shape, Values> {
  return group;
}

/** The words of .env.example for a variable: what it means, and the value that it shows. */
export interface SettingText {
  /** Absent: the text of the variable before it speaks of this one too. */
  readonly about?: string;
  readonly shown?: string | number;
}

/** Returns the rule of a variable together with its text in .env.example. */
export function variable<Schema extends z.ZodType>(schema: Schema, text: SettingText): Schema {
  return schema.meta({ setting: text });
}

/** Returns the text that `variable` put beside a rule. */
export function settingText(schema: z.ZodType): SettingText {
  return (schema.meta()?.['setting'] ?? {}) as SettingText; // only `variable` writes it
}

/** A whole number between two bounds, and what it is when the variable is absent. */
export function whole(min: number, max: number, fallback: number) {
  return z
    .string()
    .regex(/^\d+$/, 'must be a whole number')
    .transform(Number)
    .refine((value) => value >= min && value <= max, `must be between ${min} and ${max}`)
    .default(fallback);
}

/** Returns the entries of a list that is separated by commas. */
export function listIn(list = ''): string[] {
  return list === '' ? [] : list.split(',').map((entry) => entry.trim());
}

// An Authorization header can carry it, and no caller can guess it.
const SECRET = /^[!-~]{32,4096}$/;

/** One secret or several, separated by commas; a mistake is told without the secret. */
export function secrets(what: string) {
  return z
    .string()
    .transform(listIn)
    .refine(
      (list) => list.every((secret) => SECRET.test(secret)),
      `each ${what} must have 32 to 4096 visible ASCII characters (several are separated by commas)`,
    )
    .default([]);
}

/** The largest port there is. */
export const PORT_MAX = 65_535;

/** `127.0.0.1:8091`, `[::1]:8091`. */
export const listenAddress = z
  .string()
  .transform((text, context) => {
    const [, host, port = ''] = /^(\[[0-9a-f:.]+\]|[^:\s]+):(\d{1,5})$/i.exec(text) ?? [];
    if (host !== undefined && Number(port) <= PORT_MAX)
      return { host: host.replace(/^\[|\]$/g, ''), port: Number(port) };
    context.addIssue({ code: 'custom', message: 'must be host:port, such as 127.0.0.1:8091' });
    return z.NEVER;
  })
  .optional();
