// Generated from io.ferry.Image.varlink by varlink/codegen. Do not edit: change that file and generate again.

export * from './io.ferry.Image/enums.generated.js';
export * from './io.ferry.Image/structs.generated.js';
export * from './io.ferry.Image/parameters.generated.js';
export * from './io.ferry.Image/replies.generated.js';
export * from './io.ferry.Image/errors.generated.js';
export * from './io.ferry.Image/handlers.generated.js';
export * from './io.ferry.Image/client.generated.js';
export * from './io.ferry.Image/definition.generated.js';
