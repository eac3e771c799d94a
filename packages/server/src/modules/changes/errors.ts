import { kernelErrors } from '../../kernel/errors.ts';

/** Too many listen: everybody's error. */
export const { overloaded } = kernelErrors;
