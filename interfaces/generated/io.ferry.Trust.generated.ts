// Generated from io.ferry.Trust.varlink by varlink/codegen. Do not edit: change that file and generate again.

export * from './io.ferry.Trust/enums.generated.js';
export * from './io.ferry.Trust/structs.generated.js';
export * from './io.ferry.Trust/parameters.generated.js';
export * from './io.ferry.Trust/replies.generated.js';
export * from './io.ferry.Trust/errors.generated.js';
export * from './io.ferry.Trust/handlers.generated.js';
export * from './io.ferry.Trust/client.generated.js';
export * from './io.ferry.Trust/definition.generated.js';
