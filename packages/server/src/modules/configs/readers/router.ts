/** Filled by its slice. */
export const readerProcedures = {} as const;
