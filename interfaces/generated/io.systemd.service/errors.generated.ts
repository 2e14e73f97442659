// Generated from io.systemd.service.varlink by varlink/codegen. Do not edit: change that file and generate again.

/** The environment is not valid UTF-8 */
export type InconsistentEnvironmentError = Record<never, never>;

/** The qualified names of the errors of io.systemd.service. */
export const serviceErrors = {
  InconsistentEnvironment: 'io.systemd.service.InconsistentEnvironment',
} as const;

/** The errors of io.systemd.service by qualified name, with the parameters they carry. */
export type ServiceErrors = {
  'io.systemd.service.InconsistentEnvironment': InconsistentEnvironmentError;
};
