// Packed bands (spec §6.1).

import { FormatError } from "./errors.js";

/** Read the indices of `bits` bits each of the payload that begins at `at`; check them. */
export function unpackBand(data, at, bits, k, indices) {
  const used = UNPACKERS[bits] ?? unpackAny;
  used(data, at, indices, bits);
  requireZeroPadding(data, at, bits * indices.length);
  if (k < 2 ** bits) {
    requireBelow(k, indices);
  }
}

const UNPACKERS = {
  0: (data, at, indices) => indices.fill(0),
  8: unpackBytes,
  16: unpackPairs,
};

function unpackBytes(data, at, indices) {
  indices.set(data.subarray(at, at + indices.length));
}

function unpackPairs(data, at, indices) {
  for (let i = 0; i < indices.length; i++) {
    indices[i] = (data[at + 2 * i] << 8) | data[at + 2 * i + 1];
  }
}

function unpackAny(data, at, indices, bits) {
  const mask = (1 << bits) - 1;
  let window = 0;
  let held = 0;
  for (let i = 0; i < indices.length; i++) {
    while (held < bits) {
      window = (window << 8) | data[at++];
      held += 8;
    }
    held -= bits;
    indices[i] = (window >>> held) & mask;
  }
}

function requireZeroPadding(data, at, bits) {
  const over = bits % 8;
  if (over > 0 && data[at + (bits - over) / 8] & (255 >> over)) {
    throw new FormatError("the bits after a band's last index are not all 0");
  }
}

function requireBelow(k, indices) {
  let largest = 0;
  for (let i = 0; i < indices.length; i++) {
    largest = indices[i] > largest ? indices[i] : largest;
  }
  if (largest >= k) {
    throw new FormatError(`an index is ${largest}, expected less than ${k}, the palette's size`);
  }
}
