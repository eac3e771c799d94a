/** The client generators that are held to work, each with its program in `drivers` and its section in docs/clients.md. */

export interface Generator {
  /** The heading of the section whose lines are run. */
  readonly name: string;
  /** The folder in `drivers`. */
  readonly driver: string;
  /** Commands that succeed where the toolchain is there. */
  readonly toolchain: readonly string[];
  /** Folders of tools that a run leaves for the next one; everything else is made again. */
  readonly kept: readonly string[];
  /** Whether a change can set a field to null: a client that leaves every null out cannot. */
  readonly sendsNull: boolean;
}

const CURL = 'curl --version';
const PYTHON = `python3 -c 'import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 11))'`;
const NODE = ['node --version', 'npx --version', CURL];
const GO = ['go version', CURL];
const JAVA = ['javac -version', 'mvn --version', CURL];

export const generators: readonly Generator[] = [
  {
    name: 'openapi-python-client',
    driver: 'python',
    toolchain: [PYTHON, CURL],
    kept: ['.venv'],
    sendsNull: true,
  },
  { name: 'openapi-typescript', driver: 'typescript-fetch', toolchain: NODE, kept: ['node_modules'], sendsNull: true },
  { name: '@hey-api/openapi-ts', driver: 'typescript-hey', toolchain: NODE, kept: ['node_modules'], sendsNull: true },
  { name: 'oapi-codegen', driver: 'go-oapi-codegen', toolchain: GO, kept: [], sendsNull: true },
  { name: 'ogen', driver: 'go-ogen', toolchain: GO, kept: [], sendsNull: true },
  { name: 'openapi-generator: java, native', driver: 'java-native', toolchain: JAVA, kept: [], sendsNull: true },
  { name: 'openapi-generator: java, okhttp-gson', driver: 'java-okhttp', toolchain: JAVA, kept: [], sendsNull: false },
];
