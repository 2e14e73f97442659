export const sourceSuffix = `# Keeps things.
interface org.example.disk-tools

# How big
type Size(
	# Not big
	small,
	large
)

# A thing
# of sorts
type Thing(
	# Its size
	size: Size,
	weights: []int,
	labels: ?[string]string,
	flags: [string](),
	parts: ?[](
		# Of the part
		name: string,
		kind: ?(a, b)
	),
	matrix: [][]?float,
	rest: object
)

# Finds one
# [Supports 'more' flag]
method Find(
	name: ?string
) -> (
	thing: Thing
)

# [Requires 'more' flag]
method Follow() -> (
	line: string
)

# Takes bytes
# [Supports 'upgrade' flag]
method Put(
	name: string
) -> ()

# Not here
error NotFound(
	name: string
)
`;

const header =
  '// Generated from org.example.disk-tools.varlink by varlink/codegen. Do not edit: change that file and generate again.\n';

export const moduleTexts: Record<string, string> = {
  enums: `${header}
/** How big */
export type Size =
  /** Not big */
  | 'small'
  | 'large';

/** All of {@link Size}, in the order of the definition. */
export const sizeValues = ['small', 'large'] as const satisfies readonly Size[];
`,

  structs: `${header}
import type { Integer, JsonValue } from 'varlink/idl/value.js';
import type { Size } from './enums.generated.js';

/**
 * A thing
 * of sorts
 */
export type Thing = {
  /** Its size */
  size: Size;
  weights: Integer[];
  labels?: Record<string, string> | null;
  flags: Record<string, Record<never, never>>;
  parts?: Array<{
    /** Of the part */
    name: string;
    kind?: 'a' | 'b' | null;
  }> | null;
  matrix: Array<Array<number | null>>;
  rest: Record<string, JsonValue>;
};
`,

  parameters: `${header}
/** The parameters of Find(). */
export type FindParameters = {
  name?: string | null;
};

/** The parameters of Follow(). */
export type FollowParameters = Record<never, never>;

/** The parameters of Put(). */
export type PutParameters = {
  name: string;
};
`,

  replies: `${header}
import type { Thing } from './structs.generated.js';

/** The reply to Find(). */
export type FindReply = {
  thing: Thing;
};

/** The reply to Follow(). */
export type FollowReply = {
  line: string;
};

/** The reply to Put(). */
export type PutReply = Record<never, never>;
`,

  errors: `${header}
/** Not here */
export type NotFoundError = {
  name: string;
};

/** The qualified names of the errors of org.example.disk-tools. */
export const diskToolsErrors = {
  NotFound: 'org.example.disk-tools.NotFound',
} as const;

/** The errors of org.example.disk-tools by qualified name, with the parameters they carry. */
export type DiskToolsErrors = {
  'org.example.disk-tools.NotFound': NotFoundError;
};
`,

  handlers: `${header}
import type { FindParameters, FollowParameters, PutParameters } from './parameters.generated.js';
import type { FindReply, FollowReply, PutReply } from './replies.generated.js';
import type { ServerCall } from 'varlink/server/call.js';

/** What a service that implements org.example.disk-tools has to provide: a function for each method. */
export interface DiskToolsHandlers {
  /** Finds one */
  Find(call: ServerCall<FindParameters, FindReply>): Promise<void>;
  Follow(call: ServerCall<FollowParameters, FollowReply>): Promise<void>;
  /** Takes bytes */
  Put(call: ServerCall<PutParameters, PutReply>): Promise<void>;
}
`,

  client: `${header}
import type { CallOptions, UpgradedCall, VarlinkClient } from 'varlink/client/client.js';
import type { FindParameters, FollowParameters, PutParameters } from './parameters.generated.js';
import type { FindReply, FollowReply, PutReply } from './replies.generated.js';

/** Calls the methods of org.example.disk-tools over a connection. */
export class DiskToolsClient {
  readonly #client: VarlinkClient;

  constructor(client: VarlinkClient) {
    this.#client = client;
  }

  /** Finds one */
  find(parameters: FindParameters = {}, options?: CallOptions): Promise<FindReply> {
    return this.#client.call<FindReply>('org.example.disk-tools.Find', parameters, options);
  }

  /**
   * Finds one
   *
   * Called with 'more': any number of replies.
   */
  findMore(parameters: FindParameters = {}, options?: CallOptions): AsyncIterable<FindReply> {
    return this.#client.callMore<FindReply>('org.example.disk-tools.Find', parameters, options);
  }

  /** Called with 'more': any number of replies. */
  followMore(parameters: FollowParameters = {}, options?: CallOptions): AsyncIterable<FollowReply> {
    return this.#client.callMore<FollowReply>('org.example.disk-tools.Follow', parameters, options);
  }

  /** Takes bytes */
  put(parameters: PutParameters, options?: CallOptions): Promise<PutReply> {
    return this.#client.call<PutReply>('org.example.disk-tools.Put', parameters, options);
  }

  /**
   * Takes bytes
   *
   * Called with 'upgrade': after the reply the connection carries bytes.
   */
  putUpgrade(parameters: PutParameters, options?: CallOptions): Promise<UpgradedCall<PutReply>> {
    return this.#client.callUpgrade<PutReply>('org.example.disk-tools.Put', parameters, options);
  }
}
`,

  definition: `${header}
/** Keeps things. */
export const diskToolsInterface = {
  name: 'org.example.disk-tools',
  /** The text of the definition, as introspection gives it. */
  description: ${JSON.stringify(sourceSuffix)},
} as const;
`,
};
