/** Redactions, retention and legal holds on the wire. */
export const erasureProcedures = {} as const;
