// What the bands of both models have in the module's memory behind the slots.

import { AT_BAND, AT_COLORS, AT_NODES, AT_PREDICTING } from "./mixer_module.js";
import { STARTING_WEIGHTS } from "./prediction.js";
import { instanceOf } from "./simd_mixer.js";

const LINE = 64; // of the cache, in bytes

/** What is left of the memory. */
export class Room {
  /** Have the memory hold a band whose tables take so many bytes from this place on. */
  constructor(at, tables, width, pixels) {
    this.at = at;
    /** The module's functions. */
    this.module = instanceOf(at + tables + 2 * pixels + 8 * (width + 2) + 8 * LINE);
    this.buffer = this.module.memory.buffer;
  }

  /** Take room for so many numbers, all 0. */
  take(Numbers, count) {
    const start = Math.ceil(this.at / LINE) * LINE;
    this.at = start + count * Numbers.BYTES_PER_ELEMENT;
    return new Numbers(this.buffer, start, count).fill(0);
  }

  /** Tell the module of a band, and `more` of it; return its ranks. */
  tell(tree, width, pixels, more) {
    const { buffer } = this;
    const errors = this.take(Int32Array, width + 2);
    const errorsAbove = this.take(Int32Array, width + 2);
    /** Behind them are a few bytes that are read, but not used. */
    const ranks = this.take(Uint16Array, pixels);
    new Int32Array(buffer, AT_NODES, tree.nodes.length).set(tree.nodes);
    new Uint16Array(buffer, AT_COLORS, tree.colors.length).set(tree.colors);
    const weights = STARTING_WEIGHTS.flatMap((weight) => [weight, weight, weight, weight]);
    new Int32Array(buffer, AT_PREDICTING, 32).set(weights);
    const told = [width, ranks.byteOffset, errors.byteOffset, errorsAbove.byteOffset, ...more];
    new Int32Array(buffer, AT_BAND, told.length).set(told);
    return ranks;
  }
}
