// The arithmetic decoder (spec §7.1). It knows no model: whoever calls gives the probability.

import { FormatError } from "./errors.js";

const LOW = 0;
const HIGH = 1;
const CODE = 2;

/** A payload as a source of bits. */
export class Coder {
  /** Start on data[start … end − 1]; bytes beyond are zeros. */
  constructor(data, start, end) {
    this.data = data;
    this.start = start;
    this.end = end;
    this.at = start;
    // 32-bit numbers: in a typed array, as fields of an object beyond 31 bits live on the heap.
    this.state = new Int32Array(3);
    this.state[HIGH] = -1;
    for (let byte = 0; byte < 4; byte++) {
      this.state[CODE] = (this.state[CODE] << 8) | this.next();
    }
  }

  /** Keep `low`, `high` and `code` in this array from now on, where others change them too. */
  moveTo(state) {
    state.set(this.state);
    this.state = state;
  }

  /** Take a byte. */
  next() {
    const at = this.at++;
    return at < this.end ? this.data[at] : 0;
  }

  /** Decode a bit whose probability of being 1 is p / 65,536. */
  decode(p) {
    const state = this.state;
    let low = state[LOW];
    let high = state[HIGH];
    const range = high - low;
    // ((high - low) * p) >> 16 in two halves, neither of which leaves 32 bits
    const middle = (low + Math.imul(range >>> 16, p) + (Math.imul(range & 0xffff, p) >>> 16)) | 0;
    const bit = state[CODE] >>> 0 <= middle >>> 0 ? 1 : 0;
    if (bit) {
      high = middle;
    } else {
      low = (middle + 1) | 0;
    }
    while ((low ^ high) >>> 24 === 0) {
      low <<= 8;
      high = (high << 8) | 255;
      state[CODE] = (state[CODE] << 8) | this.next();
    }
    state[LOW] = low;
    state[HIGH] = high;
    return bit;
  }

  /** Whether more bytes were needed than any payload of this length can stand for (spec §7.8). */
  isExhausted() {
    return this.at - 4 > this.end;
  }

  /** Require that the payload is what an encoder writes for the bits decoded (spec §7.1). */
  requireEnd(what) {
    const low = this.state[LOW] >>> 0;
    const high = this.state[HIGH] >>> 0;
    let tail = 0;
    let unit = 2 ** 32;
    let number = Math.ceil(low / unit) * unit;
    while (number > high) {
      tail++;
      unit /= 256;
      number = Math.ceil(low / unit) * unit;
    }
    const length = this.at - this.start - 4 + tail;
    if (this.end - this.start !== length || this.state[CODE] >>> 0 !== number) {
      throw new FormatError(
        `${what} does not end as it should: ${this.end - this.start} bytes found`,
      );
    }
  }
}
