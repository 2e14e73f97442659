/** The name of an interface: at least two labels, each a hyphenated word; only the first must begin with a letter. */
const interfaceName = /^[A-Za-z](?:-*[A-Za-z0-9])*(?:\.[A-Za-z0-9](?:-*[A-Za-z0-9])*)+$/;
/** The name of a type, method or error. */
const symbolName = /^[A-Z][A-Za-z0-9]*$/;
/** The name of a field or an enum value: underscores only one at a time and between letters or digits. */
const fieldName = /^[A-Za-z](?:_?[A-Za-z0-9])*$/;

export const isInterfaceName = (text: string): boolean => interfaceName.test(text);
export const isSymbolName = (text: string): boolean => symbolName.test(text);
export const isFieldName = (text: string): boolean => fieldName.test(text);
