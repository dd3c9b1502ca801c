// Time the decoder of tools/web: node web_speed.mjs ROUNDS FILE…
//
// Prints a line of JSON: for each file the pixels, the processor's seconds for one decoding in the
// fastest round, those of the very first decoding, and a hash of the indices. A round lasts a tenth
// of a second at least.

import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import process from "node:process";

import { decode } from "../web/kq.js";

const [rounds, ...files] = process.argv.slice(2);
const results = files.map((file) => {
  const bytes = new Uint8Array(readFileSync(file));
  let picture;
  const decoded = () => {
    const used = process.cpuUsage();
    picture = decode(bytes);
    return process.cpuUsage(used).user / 1e6;
  };
  const first = decoded();
  let least = Infinity;
  for (let round = 0; round < Number(rounds); round++) {
    let seconds = 0;
    let times = 0;
    while (seconds < 0.1) {
      seconds += decoded();
      times++;
    }
    least = Math.min(least, seconds / times);
  }
  const { buffer } = picture.indices;
  return {
    pixels: picture.indices.length,
    seconds: least,
    first,
    sha256: createHash("sha256").update(new Uint8Array(buffer)).digest("hex"),
  };
});
console.log(JSON.stringify(results));
