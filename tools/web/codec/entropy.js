// A band's payload, and the strips that it may be of (spec §6.2, §7.1).

import { u32 } from "./bytes.js";
import { Coder } from "./coder.js";
import { FormatError } from "./errors.js";
import { PlainBand } from "./plain_band.js";
import { PlainLocalBand } from "./plain_local_band.js";
import { SimdBand } from "./simd_band.js";
import { SimdLocalBand } from "./simd_local_band.js";
import { canHold } from "./simd_mixer.js";

/** Columns that a strip has at least, where there is more than one (spec §6.2). */
const STRIP = 8192;

/** Of more colours than these, the first bit says which model it is (spec §7.5). */
const ONE_MODEL = 64;

/**
 * Decode the payload data[start … end − 1] of a band into `indices`, which has its size.
 *
 * Throws a FormatError where the payload is not the one that an encoder writes for what is decoded.
 */
export function decodeBand(data, start, end, tree, channels, width, indices) {
  const count = Math.max(1, Math.floor(width / STRIP));
  if (count === 1) {
    decodeStrip(data, start, end, tree, channels, width, indices);
    return;
  }
  const rows = indices.length / width;
  const ends = stripEnds(data, start, end, count);
  let at = start + 4 * (count - 1);
  let left = 0;
  for (let strip = 0; strip < count; strip++) {
    const right = Math.floor(((strip + 1) * width) / count);
    const columns = right - left;
    const part = new Uint16Array(rows * columns);
    decodeStrip(data, at, ends[strip], tree, channels, columns, part);
    for (let y = 0; y < rows; y++) {
      indices.set(part.subarray(y * columns, (y + 1) * columns), y * width + left);
    }
    at = ends[strip];
    left = right;
  }
}

/** Return where each strip's payload ends. */
function stripEnds(data, start, end, count) {
  const first = start + 4 * (count - 1);
  const ends = [];
  let at = first;
  for (let place = start; place < first && first <= end; place += 4) {
    at += u32(data, place);
    ends.push(at);
  }
  if (at > end) {
    throw new FormatError(
      `an entropy-coded band of ${end - start} bytes, less than its ${count} strips need`,
    );
  }
  return [...ends, end];
}

/** Decode a strip, which is a band of its own for section 7. */
function decodeStrip(data, start, end, tree, channels, width, indices) {
  const coder = new Coder(data, start, end);
  const isLocal = tree.order.length > ONE_MODEL && coder.decode(32_768) === 0;
  const [Simd, Plain] = isLocal ? [SimdLocalBand, PlainLocalBand] : [SimdBand, PlainBand];
  const Band = canHold(indices.length) ? Simd : Plain;
  const band = new Band(coder, tree, channels, width, indices);
  for (let y = 0; y < indices.length / width; y++) {
    band.decodeRow(y);
    if (coder.isExhausted()) {
      throw new FormatError("an entropy-coded band ends before its last pixel");
    }
  }
  coder.requireEnd("an entropy-coded band");
  const { ranks } = band;
  const { order } = tree;
  for (let i = 0; i < indices.length; i++) {
    indices[i] = order[ranks[i]];
  }
}
