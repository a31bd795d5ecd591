/** Kinds of fields that the runtime's documents have in common. Go's encoder writes null where a list or map is nil. */
import * as z from "zod/mini";

/** A string that is parsed into something better; `expected` completes "expected …". */
export const parsed = <T>(parse: (text: string) => T | undefined, expected: string) =>
  z.pipe(
    z.string(),
    z.transform((text: string, context): T => {
      const value = parse(text);
      if (value !== undefined) return value;
      context.issues.push({ code: "custom", message: expected, input: text });
      return z.NEVER;
    }),
  );

/** A path as the kernel takes one: not empty, no NUL, at most 4096 characters. */
export const path = parsed(
  (text) => (/^[^\0]{1,4096}$/.test(text) ? text : undefined),
  "a path of at most 4096 characters without NUL",
);

export const absolutePath = parsed(
  (text) => (/^\/[^\0]{0,4095}$/.test(text) ? text : undefined),
  "an absolute path of at most 4096 characters without NUL",
);

export type Annotations = ReadonlyMap<string, string>;

/** Absent, null or an object of strings; a map because keys come from outside (`__proto__`, `constructor`). */
export const annotations = z.pipe(
  z.nullish(z.record(z.string(), z.string())),
  z.transform((record): Annotations => new Map(Object.entries(record ?? {}))),
);

/** Absent, null or the value; null in the result. */
export const orNull = <Schema extends z.ZodMiniType>(schema: Schema) =>
  z.pipe(
    z.nullish(schema),
    z.transform((value: z.output<Schema> | null | undefined): z.output<Schema> | null => value ?? null),
  );

/** Absent, null or a list; a list in the result. */
export const list = <Schema extends z.ZodMiniType>(schema: Schema) =>
  z.pipe(
    z.nullish(z.array(schema)),
    z.transform((value: z.output<Schema>[] | null | undefined): readonly z.output<Schema>[] => value ?? []),
  );
