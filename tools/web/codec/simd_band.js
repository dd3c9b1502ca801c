// A band's ranks, pixel by pixel (spec §7.5), by WebAssembly: plain_band.js in less time.

import { Memory, openGate, sizesFor } from "./memory.js";
import { AT_SLOTS } from "./mixer_module.js";
import { SimdMixer } from "./simd_mixer.js";
import { Room } from "./simd_room.js";

/** See PlainBand; its ranks are elsewhere. */
export class SimdBand {
  constructor(coder, tree, channels, width, { length }) {
    const { slots, seenBits } = sizesFor(length);
    const tables = 10 * 2 ** seenBits + 2 * 128 * 128 * 8;
    const room = new Room(AT_SLOTS + 2 * slots, tables, width, length);
    const model = new Memory(length, coder, SimdMixer, (Numbers, count) =>
      room.take(Numbers, count),
    );
    const places = [model.met, model.close, model.gate].map((table) => table.byteOffset);
    const told = [...places, 32 - seenBits, model.hitBits, openGate(tree.order.length)];
    told.push(model.atNear, model.nearBits, 0, 0, 0);
    this.ranks = room.tell(tree, width, length, told);
    this.decodeRow = room.module.row;
  }
}
