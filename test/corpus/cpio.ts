/** Builds cpio archives byte by byte, also such as no program would write. Text is one character per byte (latin1). */

/** A member of a cpio archive; numbers are as in stat(2). */
export interface Member {
  name: string;
  data?: string;
  mode?: number;
  inode?: number;
  links?: number;
  nameLength?: number;
  size?: number;
}

/** A member of a newc archive, any field of which can be set. */
export function member({ name, data = '', mode = 0o100644, inode = 1, links = 1, ...lengths }: Member): Buffer {
  const nameLength = lengths.nameLength ?? name.length + 1;
  const numbers = [inode, mode, 0, 0, links, 1_000_000, lengths.size ?? data.length, 0, 1, 0, 0, nameLength, 0];
  const head = `070701${numbers.map((number) => number.toString(16).padStart(8, '0')).join('')}${name}\0`;
  const pad = (text: string) => text.padEnd(Math.ceil(text.length / 4) * 4, '\0');
  return Buffer.from(pad(head) + pad(data), 'latin1');
}

/** The last member. */
export const end = member({ name: 'TRAILER!!!', mode: 0 });
/** A newc archive of these members. */
export const archive = (...members: Member[]): Buffer => Buffer.concat([...members.map(member), end]);

/** A member with a sum of its data. */
export function summed(fields: Member, sum: number): Buffer {
  const bytes = member(fields);
  bytes.write(`070702`);
  bytes.write(sum.toString(16).padStart(8, '0'), 102);
  return bytes;
}

/** A member of an odc archive, any field of which can be set. */
export function odcMember({ name, data = '', mode = 0o100644, inode = 1, links = 1, ...lengths }: Member): Buffer {
  const octal = (number: number, digits: number) => number.toString(8).padStart(digits, '0').slice(-digits);
  const nameLength = lengths.nameLength ?? name.length + 1;
  const head = [0, inode, mode, 0, 0, links, 0].map((number) => octal(number, 6)).join('');
  const lengthsText = `${octal(1_000_000, 11)}${octal(nameLength, 6)}${octal(lengths.size ?? data.length, 11)}`;
  return Buffer.from(`070707${head}${lengthsText}${name}\0${data}`, 'latin1');
}
