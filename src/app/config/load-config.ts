import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import path from 'node:path';
import { Ajv2020, type ErrorObject, type ValidateFunction } from 'ajv/dist/2020.js';
import { isAlias, isMap, isScalar, isSeq, LineCounter, parseDocument, type Document } from 'yaml';
import { ConfigError } from './config-error.ts';
import { addEnvironment } from './config-environment.ts';
import { ConfigSchema, configSchemaRoot, type RawConfig } from './config-schema.ts';
import { ConfigTree } from './config-tree.ts';

/** The configuration as the program uses it: paths are absolute, and what is derived from other keys is filled in. */
export type Config = Omit<RawConfig, 'public_base_url' | 'signing_key_file' | 'media'> & {
  /** No trailing slash. */
  public_base_url: string;
  signing_key_file: string;
  media: RawConfig['media'] & { folder: string };
};

/**
 * Reads the files in order, then the environment, on top of the defaults. Throws ConfigError with every problem found, each
 * with its file and line or its variable.
 */
export function loadConfig(options: {
  files: readonly string[];
  environment: Readonly<Record<string, string | undefined>>;
  workingFolder: string;
}): Config {
  const tree = new ConfigTree(configSchemaRoot);
  for (const file of options.files) addFile(tree, path.resolve(options.workingFolder, file), file);
  addEnvironment(tree, options.environment);
  const raw = validate(tree);
  const problems = [...tree.problems, ...(tree.problems.length === 0 ? crossCheck(raw, tree) : [])];
  if (problems.length > 0) throw new ConfigError(problems);
  return resolveConfig(raw, options.workingFolder);
}

function addFile(tree: ConfigTree, file: string, shownAs: string): void {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    tree.problems.push(`${shownAs}: cannot be read: ${error instanceof Error ? error.message : String(error)}`);
    return;
  }
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  for (const error of document.errors) tree.problems.push(`${shownAs}:${lines.linePos(error.pos[0]).line}: ${error.message}`);
  if (document.errors.length > 0) return;
  tree.addDocument(document.toJS(), (at) => {
    const offset = offsetOf(document, at);
    return offset === null ? shownAs : `${shownAs}:${lines.linePos(offset).line}`;
  });
}

/** Where the last key of a path stands in the text. */
function offsetOf(document: Document, at: readonly string[]): number | null {
  let node: unknown = document.contents;
  let offset: number | null = null;
  for (const key of at) {
    if (isAlias(node)) node = node.resolve(document);
    if (isMap(node)) {
      const pair = node.items.find((item) => isScalar(item.key) && String(item.key.value) === key);
      if (isScalar(pair?.key)) offset = pair.key.range?.[0] ?? offset;
      node = pair?.value;
    } else if (isSeq(node)) {
      node = node.items[Number(key)];
      if (isMap(node) || isScalar(node)) offset = node.range?.[0] ?? offset;
    }
  }
  return offset;
}

/** Fills in defaults and checks types. */
function validate(tree: ConfigTree): RawConfig {
  checkSchema ??= compileSchema();
  const value: unknown = structuredClone(tree.value);
  if (!checkSchema(value)) for (const error of checkSchema.errors ?? []) addProblem(tree, error);
  return value as RawConfig;
}

/** Compiling takes longer than all the rest. */
let checkSchema: ValidateFunction<RawConfig> | undefined;

function compileSchema(): ValidateFunction<RawConfig> {
  const ajv = new Ajv2020({ strict: true, strictTypes: false, allErrors: true, useDefaults: true });
  ajv.addKeyword({ keyword: 'secret', schemaType: 'boolean' });
  return ajv.compile<RawConfig>(ConfigSchema);
}

function addProblem(tree: ConfigTree, error: ErrorObject): void {
  // The branches of an alternative each complain; the alternative itself says it once.
  if (/\/anyOf\/\d/.test(error.schemaPath)) return;
  const at = error.instancePath.split('/').slice(1);
  const allowed = error.keyword === 'enum' ? `: ${(error.params as { allowedValues: unknown[] }).allowedValues.join(', ')}` : '';
  const where = tree.originOf(at);
  const name = at.join('.') || 'the configuration';
  const problem = `${where === null ? '' : `${where}: `}${name} ${error.keyword === 'anyOf' ? 'has a wrong type' : error.message}${allowed}`;
  if (!tree.problems.includes(problem)) tree.problems.push(problem);
}

/** What one key's schema cannot say. */
function crossCheck(raw: RawConfig, tree: ConfigTree): string[] {
  const problems: string[] = [];
  const refuse = (at: string, why: string): void => {
    const where = tree.originOf(at.split('.'));
    problems.push(`${where === null ? '' : `${where}: `}${at} ${why}`);
  };
  if (!isServerName(raw.server_name)) refuse('server_name', 'is not a server name (a host name or an IP address, with a port if need be)');
  if (raw.public_base_url !== undefined && !/^https?:$/.test(URL.parse(raw.public_base_url)?.protocol ?? '')) {
    refuse('public_base_url', 'is not an http or https URL');
  }
  if (raw.database.url !== undefined && !/^postgres(ql)?:\/\//.test(raw.database.url))
    refuse('database.url', 'does not begin with postgres://');
  if (raw.registration.require.includes('email') && raw.email.smtp_url === undefined)
    refuse('registration.require', 'names email, which needs email.smtp_url');
  if (raw.registration.require.includes('terms') && raw.terms.url === undefined)
    refuse('registration.require', 'names terms, which needs terms.url');
  if (raw.media.store === 's3' && raw.media.s3 === undefined) refuse('media.store', 'is s3, which needs the section media.s3');
  if (raw.turn.uris.length > 0 && raw.turn.shared_secret === undefined && raw.turn.password === undefined) {
    refuse('turn.uris', 'need turn.shared_secret, or turn.username and turn.password');
  }
  for (const [i, module] of raw.modules.entries()) {
    if ((module.path === undefined) === (module.package === undefined)) refuse(`modules.${i}`, 'needs either path or package');
  }
  return problems;
}

/** https://spec.matrix.org/v1.19/appendices/#server-name */
function isServerName(name: string): boolean {
  const parts = /^(\[[0-9A-Fa-f:.]{2,45}\]|[0-9A-Za-z.-]{1,255})(?::(\d{1,5}))?$/.exec(name);
  if (parts === null || Buffer.byteLength(name) > 230) return false;
  const host = parts[1] ?? '';
  return Number(parts[2] ?? 0) <= 65_535 && (!host.startsWith('[') || isIP(host.slice(1, -1)) === 6);
}

function resolveConfig(raw: RawConfig, workingFolder: string): Config {
  const dataDir = path.resolve(workingFolder, raw.data_dir);
  const absolute = (file: string): string => path.resolve(workingFolder, file);
  return {
    ...raw,
    data_dir: dataDir,
    public_base_url: (raw.public_base_url ?? defaultBaseUrl(raw)).replace(/\/+$/, ''),
    signing_key_file: raw.signing_key_file === undefined ? path.join(dataDir, 'signing.key') : absolute(raw.signing_key_file),
    media: { ...raw.media, folder: raw.media.folder === undefined ? path.join(dataDir, 'media') : absolute(raw.media.folder) },
    appservices: { files: raw.appservices.files.map(absolute) },
    federation: { ...raw.federation, ca_files: raw.federation.ca_files.map(absolute) },
    listeners: raw.listeners.map((listener) =>
      listener.tls === undefined
        ? listener
        : { ...listener, tls: { cert_file: absolute(listener.tls.cert_file), key_file: absolute(listener.tls.key_file) } },
    ),
    modules: raw.modules.map((module) => (module.path === undefined ? module : { ...module, path: absolute(module.path) })),
  };
}

function defaultBaseUrl(raw: RawConfig): string {
  const host = raw.server_name.replace(/:\d+$/, '');
  if (host !== 'localhost') return `https://${raw.server_name}`;
  const listener = raw.listeners.find(({ serve }) => serve.includes('client')) ?? raw.listeners[0];
  return `${listener?.tls === undefined ? 'http' : 'https'}://localhost:${listener?.port ?? 8008}`;
}
