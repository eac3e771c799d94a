/** Filled by its slice. */
export const watchProcedures = {} as const;
