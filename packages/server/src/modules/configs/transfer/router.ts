/** Filled by its slice. */
export const transferProcedures = {} as const;
