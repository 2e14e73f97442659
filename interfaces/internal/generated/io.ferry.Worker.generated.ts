// Generated from io.ferry.Worker.varlink by varlink/codegen. Do not edit: change that file and generate again.

export * from './io.ferry.Worker/enums.generated.js';
export * from './io.ferry.Worker/structs.generated.js';
export * from './io.ferry.Worker/order-structs.generated.js';
export * from './io.ferry.Worker/answer-structs.generated.js';
export * from './io.ferry.Worker/orders.generated.js';
export * from './io.ferry.Worker/messages.generated.js';
export * from './io.ferry.Worker/union.generated.js';
export * from './io.ferry.Worker/definition.generated.js';
