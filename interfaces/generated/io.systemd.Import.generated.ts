// Generated from io.systemd.Import.varlink by varlink/codegen. Do not edit: change that file and generate again.

export * from './io.systemd.Import/enums.generated.js';
export * from './io.systemd.Import/structs.generated.js';
export * from './io.systemd.Import/parameters.generated.js';
export * from './io.systemd.Import/replies.generated.js';
export * from './io.systemd.Import/errors.generated.js';
export * from './io.systemd.Import/handlers.generated.js';
export * from './io.systemd.Import/client.generated.js';
export * from './io.systemd.Import/definition.generated.js';
