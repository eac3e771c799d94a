/** Access has no errors of its own: who is refused gets those of the kernel. */
export const accessErrors = {} as const;
