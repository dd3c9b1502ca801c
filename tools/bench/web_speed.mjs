// Time the decoder of tools/web: node web_speed.mjs ROUNDS FILE…
//
// Prints a line of JSON: for each file the pixels, seconds of the fastest round of the processor and
// of the clock, those of the first round by the clock, and a hash of the indices.

import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import process from "node:process";

import { decode } from "../web/kq.js";

const [rounds, ...files] = process.argv.slice(2);
const results = files.map((file) => {
  const bytes = new Uint8Array(readFileSync(file));
  let picture;
  const wall = [];
  const processor = [];
  for (let round = 0; round < Number(rounds); round++) {
    const used = process.cpuUsage();
    const started = performance.now();
    picture = decode(bytes);
    wall.push((performance.now() - started) / 1e3);
    processor.push(process.cpuUsage(used).user / 1e6);
  }
  const { buffer } = picture.indices;
  return {
    pixels: picture.indices.length,
    processor: Math.min(...processor),
    wall: Math.min(...wall),
    first: wall[0],
    sha256: createHash("sha256").update(new Uint8Array(buffer)).digest("hex"),
  };
});
console.log(JSON.stringify(results));
