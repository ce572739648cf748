import { hasLibrary, type Installation } from "./installation.ts";
import type { ServerOptions } from "./options.ts";

/**
 * Lines for `postgresql.conf`: loopback only, no socket file, UTC, and what the options ask for.
 * `dynamic_shared_memory_type` is mmap, so that a server in a bare root needs no mount of /dev/shm
 * and a killed one leaves nothing outside its folder.
 */
export function settingsFile(installation: Installation, options: ServerOptions): string {
  const libraries = ["pg_stat_statements"].filter((name) => hasLibrary(installation, name));
  if (options.textSearch) libraries.push("pg_textsearch");
  const settings = {
    listen_addresses: "127.0.0.1",
    unix_socket_directories: "",
    dynamic_shared_memory_type: "mmap",
    shared_preload_libraries: libraries.join(","),
    shared_buffers: "256MB",
    max_connections: 200,
    timezone: "UTC",
    log_timezone: "UTC",
    fsync: options.durable,
    full_page_writes: options.durable,
    ...options.settings,
  };
  const lines = Object.entries(settings).map(([name, value]) => `${name} = ${quote(String(value))}`);
  return `\n${lines.join("\n")}\n`;
}

function quote(value: string): string {
  return `'${value.replaceAll("\\", "\\\\").replaceAll("'", "''")}'`;
}
