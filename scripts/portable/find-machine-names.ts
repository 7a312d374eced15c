export interface MachineName {
  readonly file: string;
  readonly line: number;
  readonly message: string;
}

/** Folders that exist on one machine only. A test may name folders below /tmp that the program itself makes. */
const MACHINE_PATH = /(?<![\w.:@-])\/(?:work|farm|root|home\/\w+|Users\/\w+|tmp\/(?!weft|complement))\/?[\w.-]/;
/** The one registry that everybody reaches. Any other host would make a clone depend on somebody's network. */
const PUBLIC_REGISTRY = 'https://registry.npmjs.org/';

/** Finds paths and package hosts in the text of one file that make no sense on another machine. */
export function findMachineNames(file: string, text: string): MachineName[] {
  return text.split('\n').flatMap((line, index) => {
    const message = isLockFile(file) ? foreignRegistry(line) : machinePath(line);
    return message === null ? [] : [{ file, line: index + 1, message }];
  });
}

function isLockFile(file: string): boolean {
  return file.endsWith('package-lock.json');
}

function foreignRegistry(line: string): string | null {
  const url = /"resolved": "([^"]+)"/.exec(line)?.[1];
  return url === undefined || url.startsWith(PUBLIC_REGISTRY) ? null : `package from ${url}`;
}

function machinePath(line: string): string | null {
  const found = MACHINE_PATH.exec(line)?.[0];
  return found === undefined ? null : `path of one machine: ${found}…`;
}
