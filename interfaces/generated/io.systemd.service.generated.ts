// Generated from io.systemd.service.varlink by varlink/codegen. Do not edit: change that file and generate again.

export * from './io.systemd.service/parameters.generated.js';
export * from './io.systemd.service/replies.generated.js';
export * from './io.systemd.service/errors.generated.js';
export * from './io.systemd.service/handlers.generated.js';
export * from './io.systemd.service/client.generated.js';
export * from './io.systemd.service/definition.generated.js';
