/** Whether the environment can be started with. */
import { type Config, ConfigError, readConfig, unknownVariables } from '../../config.ts';
import { failed, ok, type Verdict, warning } from './verdict.ts';

export interface EnvironmentLook {
  /** Null when it has mistakes. */
  readonly config: Config | null;
  readonly verdicts: readonly Verdict[];
}

/** Reads the environment of the process; each mistake is a verdict of its own, which names the variable. */
export function lookAtEnvironment(): EnvironmentLook {
  const slips = unknownVariables();
  try {
    const config = readConfig();
    const warnings = slips.map((slip) => warning(slip, 'rename it, or take it away'));
    const right = ok(`every variable is right, for APP_ENV=${config.appEnv}`);
    return { config, verdicts: warnings.length > 0 ? warnings : [right] };
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    const advice = 'correct it: .env.example says what each variable takes';
    return { config: null, verdicts: error.mistakes.map((mistake) => failed(mistake, advice)) };
  }
}
