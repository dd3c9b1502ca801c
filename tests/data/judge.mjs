// node judge.mjs DECODER LIST: reads files, one a line of LIST in hexadecimal; prints for each the
// SHA-256 of its indices, or the kind of error.
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import process from "node:process";

const { decode } = await import(process.argv[2]);
for (const line of readFileSync(process.argv[3], "utf-8").split("\n").slice(0, -1)) {
  try {
    const { indices } = decode(new Uint8Array(Buffer.from(line, "hex")));
    const bytes = Buffer.alloc(2 * indices.length);
    indices.forEach((index, pixel) => bytes.writeUInt16BE(index, 2 * pixel));
    console.log(createHash("sha256").update(bytes).digest("hex"));
  } catch (error) {
    console.log(error.kind ?? String(error));
  }
}
