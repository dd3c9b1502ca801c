// The decoder of the page as a program: node decode.mjs IN.kq OUT.ppm|OUT.pam
//
// Writes PPM (RGB) or PAM (RGBA). Exit status: 0 decoded, 1 not, 2 called wrongly.

import { readFileSync, renameSync, writeFileSync } from "node:fs";
import process from "node:process";

import { decode, KqError } from "./kq.js";

function netpbm({ width, height, channels, palette, indices }) {
  const head =
    channels === 3
      ? `P6\n${width} ${height}\n255\n`
      : `P7\nWIDTH ${width}\nHEIGHT ${height}\nDEPTH 4\nMAXVAL 255\nTUPLTYPE RGB_ALPHA\nENDHDR\n`;
  const samples = Buffer.alloc(indices.length * channels);
  indices.forEach((index, pixel) => {
    for (let channel = 0; channel < channels; channel++) {
      samples[pixel * channels + channel] = palette[index * channels + channel];
    }
  });
  return Buffer.concat([Buffer.from(head), samples]);
}

function main(source, target) {
  const data = netpbm(decode(new Uint8Array(readFileSync(source))));
  const partial = `${target}.${process.pid}.part`; // so that no half of a picture bears the name
  writeFileSync(partial, data);
  renameSync(partial, target);
}

const [source, target, ...more] = process.argv.slice(2);
if (target === undefined || more.length > 0) {
  console.error("usage: node decode.mjs IN.kq OUT.ppm|OUT.pam");
  process.exitCode = 2;
} else {
  try {
    main(source, target);
  } catch (error) {
    if (!(error instanceof KqError) && error.syscall === undefined) {
      throw error;
    }
    console.error(`decode.mjs: ${error.name}: ${error.message}`);
    process.exitCode = 1;
  }
}
