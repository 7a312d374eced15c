import type { Config } from '../config/load-config.ts';

/** What a checked configuration amounts to, in a few lines without secrets. */
export function describeConfig(config: Config): string {
  const listeners = config.listeners.map(({ port, bind, tls, serve }) => {
    const addresses = [bind].flat().join(', ');
    return `  ${tls === undefined ? 'http' : 'https'} ${addresses} port ${port}: ${serve.join(', ')}`;
  });
  const lines = [
    'The configuration is right.',
    `server name:   ${config.server_name}`,
    `clients use:   ${config.public_base_url}`,
    `data folder:   ${config.data_dir}`,
    `database:      ${config.database.url === undefined ? 'embedded PostgreSQL' : withoutPassword(config.database.url)}`,
    `registration:  ${config.registration.enabled ? 'open' : 'closed'}${config.registration.require.length > 0 ? `, needs ${config.registration.require.join(' and ')}` : ''}`,
    `federation:    ${config.federation.enabled ? 'on' : 'off'}`,
    'listeners:',
    ...listeners,
  ];
  return `${lines.join('\n')}\n`;
}

function withoutPassword(url: string): string {
  return url.replace(/^(\w+:\/\/[^:/@]*):[^@]*@/, '$1:***@');
}
