import { Command, Option } from 'commander';
import { ConfigError } from '../config/config-error.ts';
import { type Config, loadConfig } from '../config/load-config.ts';
import { CliError } from './cli-error.ts';
import { programVersion } from './program-version.ts';

/** The command line `weft …`. Sets the exit code; everything that a command needs is loaded only for that command. */
export async function runCli(argv: readonly string[]): Promise<void> {
  try {
    await buildProgram().parseAsync([...argv]);
  } catch (error) {
    if (!(error instanceof ConfigError) && !(error instanceof CliError)) throw error;
    process.stderr.write(`weft: ${error.message}\n`);
    process.exitCode = 1;
  }
}

function buildProgram(): Command {
  const program = new Command('weft').description('A Matrix homeserver.').version(programVersion()).showHelpAfterError();

  withConfig(program.command('start'))
    .description('run the server until it is told to stop')
    .action(async (_options: unknown, command: Command) => {
      const config = readConfig(command);
      const [{ start }, { createNode }] = await Promise.all([import('./start.ts'), import('../context.ts')]);
      await start(config, createNode);
    });

  const config = withConfig(program.command('config').description('look at the configuration'));
  withConfig(config.command('check'))
    .description('check the configuration and say what it means')
    .action(async (_options: unknown, command: Command) => {
      const { describeConfig } = await import('./describe-config.ts');
      process.stdout.write(describeConfig(readConfig(command)));
    });
  config
    .command('generate')
    .description('print a configuration with every key and its default')
    .action(async () => {
      const { exampleConfig } = await import('../config/example-config.ts');
      process.stdout.write(exampleConfig());
    });

  const user = withConfig(program.command('user').description('accounts'));
  withConfig(user.command('create <name>'))
    .description('make an account on the running server; the password is read from standard input')
    .option('--admin', 'make the account an administrator', false)
    .option('--display-name <text>', 'how the account is shown to others')
    .addOption(new Option('--password <text>', 'the password (visible to other users of this machine; better through standard input)'))
    .option('--url <url>', 'where the server is (default: its first listener)')
    .action(async (name: string, options: { admin: boolean; displayName?: string; password?: string; url?: string }, command: Command) => {
      const { createUser } = await import('./create-user.ts');
      await createUser(readConfig(command), { name, ...options });
    });

  withConfig(program.command('doctor'))
    .description('look for what keeps the server from working')
    .action(async (_options: unknown, command: Command) => {
      const { doctor } = await import('./doctor.ts');
      if (!(await doctor(() => readConfig(command)))) process.exitCode = 1;
    });

  program
    .command('version')
    .description('print the version')
    .action(() => void process.stdout.write(`weft ${programVersion()} (Node ${process.versions.node})\n`));

  return withConfig(program);
}

/** `--config FILE`, as often as wanted, before or after the command's name. */
function withConfig(command: Command): Command {
  return command.option(
    '-c, --config <file>',
    'configuration file; may be given several times, later ones win',
    (file: string, files: string[] | undefined) => [...(files ?? []), file],
  );
}

function readConfig(command: Command): Config {
  const files: string[] = [];
  for (let at: Command | null = command; at !== null; at = at.parent) {
    files.unshift(...((at.opts() as { config?: string[] }).config ?? []));
  }
  return loadConfig({ files, environment: process.env, workingFolder: process.cwd() });
}
