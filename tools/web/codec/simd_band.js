// A band's ranks, pixel by pixel (spec §7.5), by WebAssembly: plain_band.js in less time.

import { Memory, openGate, sizesFor } from "./memory.js";
import { AT_BAND, AT_COLORS, AT_NODES, AT_PREDICTING, AT_SLOTS } from "./mixer_module.js";
import { STARTING_WEIGHTS } from "./prediction.js";
import { instanceOf, SimdMixer } from "./simd_mixer.js";

const LINE = 64; // of the cache, in bytes

/** See PlainBand; its ranks are elsewhere. */
export class SimdBand {
  constructor(coder, tree, channels, width, { length }) {
    const { slots, seenBits } = sizesFor(length);
    const room = new Room(AT_SLOTS + 2 * slots);
    const tables = 10 * 2 ** seenBits + 2 * 128 * 128 * 8;
    const { memory, row } = instanceOf(room.at + tables + 2 * length + 8 * (width + 2) + 8 * LINE);
    const { buffer } = memory;
    room.buffer = buffer;
    const model = new Memory(length, coder, SimdMixer, (Numbers, count) =>
      room.take(Numbers, count),
    );
    const errors = room.take(Int32Array, width + 2);
    const errorsAbove = room.take(Int32Array, width + 2);
    /** Behind them are a few bytes that are read, but not used. */
    this.ranks = room.take(Uint16Array, length);
    this.decodeRow = row;
    new Int32Array(buffer, AT_NODES, tree.nodes.length).set(tree.nodes);
    new Uint16Array(buffer, AT_COLORS, tree.colors.length).set(tree.colors);
    const weights = STARTING_WEIGHTS.flatMap((weight) => [weight, weight, weight, weight]);
    new Int32Array(buffer, AT_PREDICTING, 32).set(weights);
    const places = [this.ranks, model.met, model.close, model.gate];
    const told = [width, ...places.map((table) => table.byteOffset)];
    told.push(32 - seenBits, model.hitBits, openGate(tree.order.length));
    told.push(model.atNear, model.nearBits, errors.byteOffset, errorsAbove.byteOffset, 0, 0, 0);
    new Int32Array(buffer, AT_BAND, told.length).set(told);
  }
}

/** What is left of the module's memory. */
class Room {
  constructor(at) {
    this.at = at;
    this.buffer = null;
  }

  take(Numbers, count) {
    const start = Math.ceil(this.at / LINE) * LINE;
    this.at = start + count * Numbers.BYTES_PER_ELEMENT;
    return new Numbers(this.buffer, start, count).fill(0);
  }
}
