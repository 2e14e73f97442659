// Generated from io.ferry.Transfer.varlink by varlink/codegen. Do not edit: change that file and generate again.

export * from './io.ferry.Transfer/enums.generated.js';
export * from './io.ferry.Transfer/structs.generated.js';
export * from './io.ferry.Transfer/parameters.generated.js';
export * from './io.ferry.Transfer/replies.generated.js';
export * from './io.ferry.Transfer/errors.generated.js';
export * from './io.ferry.Transfer/handlers.generated.js';
export * from './io.ferry.Transfer/client.generated.js';
export * from './io.ferry.Transfer/definition.generated.js';
