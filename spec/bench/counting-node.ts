import { start } from '../../src/app/cli/start.ts';
import { loadConfig } from '../../src/app/config/load-config.ts';
import { createNode } from '../../src/app/context.ts';

/** `weft start --config FILE`, with SQL statements counted (`weft_database_statements`), which costs time and is therefore not a setting. */
const file = process.argv.at(-1) ?? '';
const config = loadConfig({ files: [file], environment: process.env, workingFolder: process.cwd() });
await start(config, (options) => createNode({ ...options, database: { ...options.database, countStatements: true } }));
