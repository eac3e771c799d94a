/** Proofs of the audit log on the wire. */
export const proofProcedures = {} as const;
