/** Sets of rows as text, as the server's `edit/masks.py` writes them: one bit a row, least significant first, deflated, in base64. */

export interface Mask {
  rows: number;
  bits: string;
}

/** Rows of several parts, by the part's key: one byte a row, 0 or 1. */
export type Rows = Map<string, Uint8Array>;

export async function packMask(rows: Uint8Array): Promise<Mask> {
  const bits = new Uint8Array((rows.length + 7) >> 3);
  for (let row = 0; row < rows.length; row += 1) if (rows[row]) bits[row >> 3] |= 1 << (row & 7);
  return { rows: rows.length, bits: toBase64(await through(bits, new CompressionStream("deflate"))) };
}

/** One byte a row, 0 or 1; throws where the text is of another number of rows. */
export async function unpackMask(mask: Mask): Promise<Uint8Array> {
  const bits = await through(fromBase64(mask.bits), new DecompressionStream("deflate"));
  if (bits.length !== (mask.rows + 7) >> 3) throw new Error("The server sent a damaged set of rows. Reload the page.");
  const rows = new Uint8Array(mask.rows);
  for (let row = 0; row < mask.rows; row += 1) rows[row] = (bits[row >> 3] >> (row & 7)) & 1;
  return rows;
}

export async function packRows(rows: Rows): Promise<Record<string, Mask>> {
  const packed: Record<string, Mask> = {};
  for (const [key, mask] of rows) if (mask.includes(1)) packed[key] = await packMask(mask);
  return packed;
}

async function through(bytes: Uint8Array<ArrayBuffer>, stream: CompressionStream | DecompressionStream): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array(await new Response(new Blob([bytes]).stream().pipeThrough(stream)).arrayBuffer());
}

function toBase64(bytes: Uint8Array): string {
  let text = "";
  for (let start = 0; start < bytes.length; start += 0x8000) text += String.fromCharCode(...bytes.subarray(start, start + 0x8000));
  return btoa(text);
}

function fromBase64(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
}
