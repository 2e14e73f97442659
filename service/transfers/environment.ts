const passedOn =
  /^(LANG|LC_.*|TZ|SYSTEMD_IMPORT_.*|SYSTEMD_NSPAWN_LOCK|SYSTEMD_LOG_LEVEL|TMPDIR|PATH|HOME|XDG_(STATE_HOME|RUNTIME_DIR|CONFIG_HOME))$/;

const forNetwork = /^(https?_proxy|all_proxy|no_proxy|SSL_CERT_FILE|SSL_CERT_DIR|NODE_EXTRA_CA_CERTS)$/i;

function select(environment: NodeJS.ProcessEnv, pattern: RegExp): Record<string, string> {
  const entries = Object.entries(environment).flatMap(([name, value]) => {
    return value !== undefined && pattern.test(name) ? [[name, value] as const] : [];
  });
  return Object.fromEntries(entries);
}

/** What worker processes get as their environment, such as where a user's images are: nothing that could be a secret. */
export function workerEnvironment(host: { readonly environment: NodeJS.ProcessEnv }): Record<string, string> {
  return select(host.environment, passedOn);
}

/** Proxies and certificates. The values may hold passwords: they go over the control channel. */
export function networkEnvironment(host: { readonly environment: NodeJS.ProcessEnv }): Record<string, string> {
  return select(host.environment, forNetwork);
}
