/** An object without the properties that are undefined: on the wire a parameter is there or it is not. */
export function present<Properties extends object>(properties: Properties): Present<Properties> {
  return Object.fromEntries(
    Object.entries(properties).filter(([, value]) => value !== undefined),
  ) as Present<Properties>;
}

type Present<Properties> = { [Key in keyof Properties]?: Exclude<Properties[Key], undefined> };
