// Generated from io.systemd.service.varlink by varlink/codegen. Do not edit: change that file and generate again.

/** What every service of a systemd host can be asked. */
export const serviceInterface = {
  name: 'io.systemd.service',
  /** The text of the definition, as introspection gives it. */
  description: "# What every service of a systemd host can be asked.\ninterface io.systemd.service\n\n# Answers if the service is alive\nmethod Ping() -> ()\n\n# Sets the log level. Only for root and the user the service runs as\nmethod SetLogLevel(\n\t# The level, from 0 to 7 as in syslog(3)\n\tlevel: ?int\n) -> ()\n\n# Tells the log level\nmethod GetLogLevel() -> (\n\t# The level, from 0 to 7 as in syslog(3)\n\tlevel: int\n)\n\n# Tells the environment of the service. Only for root and the user the service runs as\nmethod GetEnvironment() -> (\n\t# The environment, one assignment NAME=VALUE an element\n\tenvironment: ?[]string\n)\n\n# The environment is not valid UTF-8\nerror InconsistentEnvironment()\n",
} as const;
