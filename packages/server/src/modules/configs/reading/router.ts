/** Filled by its slice. */
export const readingProcedures = {} as const;
