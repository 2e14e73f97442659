/** A type whose fields may be undefined, as replies have it. */
type OnWire<Fields> = {
  [Name in keyof Fields]-?: undefined extends Fields[Name] ? Exclude<Fields[Name], undefined> | null : Fields[Name];
};

/** What is undefined inside is null in a reply: all fields are there. Fields of fields are left as they are. */
export function onWire<Fields extends object>(fields: Fields): OnWire<Fields> {
  const onWire: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(fields)) onWire[name] = value ?? null;
  return onWire as OnWire<Fields>;
}
