/** The settings of the process, as an operator misses them. */
import { ConfigError, readConfig } from '../../src/config.ts';

/** Returns the text that a start with this environment ends with; empty when it would start. */
export function configMistakes(env: Record<string, string>): string {
  try {
    readConfig(env);
  } catch (error) {
    if (error instanceof ConfigError) return error.message;
    throw error;
  }
  return '';
}
