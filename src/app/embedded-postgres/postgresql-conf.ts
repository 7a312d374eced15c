/**
 * Settings for a small server beside its node: little memory, nothing acknowledged is lost. Written anew at every start;
 * an admin's own settings go into `postgresql.local.conf` beside it and win.
 */
export function postgresqlConf(options: { sockets: string; durable: boolean; maxConnections: number }): string {
  const settings: Record<string, string | number> = {
    listen_addresses: '',
    unix_socket_directories: options.sockets,
    unix_socket_permissions: '0700',
    port: 5432,
    max_connections: options.maxConnections,

    shared_buffers: '96MB',
    effective_cache_size: '512MB',
    work_mem: '8MB',
    maintenance_work_mem: '64MB',
    huge_pages: 'off',
    jit: 'off',
    random_page_cost: 1.1,
    // One process less per worker; reads come from the page cache here.
    io_method: 'sync',
    max_worker_processes: 4,
    max_parallel_workers_per_gather: 0,
    autovacuum_max_workers: 2,

    fsync: options.durable ? 'on' : 'off',
    full_page_writes: options.durable ? 'on' : 'off',
    synchronous_commit: options.durable ? 'on' : 'off',
    // No replicas hang on an embedded database.
    wal_level: 'minimal',
    max_wal_senders: 0,
    max_wal_size: '512MB',
    min_wal_size: '80MB',
    checkpoint_timeout: '15min',

    timezone: 'UTC',
    log_timezone: 'UTC',
    lc_messages: 'C',
    log_line_prefix: '',
    log_checkpoints: 'off',
    log_autovacuum_min_duration: -1,
  };
  const lines = Object.entries(settings).map(([key, value]) => `${key} = '${String(value).replaceAll("'", "''")}'`);
  return [
    '# Written by weft at every start. Own settings: postgresql.local.conf',
    ...lines,
    "include_if_exists = 'postgresql.local.conf'",
    '',
  ].join('\n');
}
