// A band's ranks by the local model (spec §7.5.8) and WebAssembly: see plain_local_band.js.

import { LocalMemory, localSizesFor } from "./memory.js";
import { AT_SLOTS } from "./mixer_module.js";
import { SimdMixer } from "./simd_mixer.js";
import { Room } from "./simd_room.js";

/** See SimdBand. */
export class SimdLocalBand {
  constructor(coder, tree, channels, width, { length }) {
    const { pairBits, neighbourBits, slots } = localSizesFor(length, tree);
    const room = new Room(AT_SLOTS + 2 * slots, 0, width, length);
    const { groups } = new LocalMemory(length, tree, coder, SimdMixer);
    const told = [32 * groups, 36 - pairBits, 2 * 2 ** pairBits];
    told.push(2 * 2 ** neighbourBits - 32, 2 * 2 ** neighbourBits, 0);
    this.ranks = room.tell(tree, width, length, told);
    this.decodeRow = room.module.local_row;
  }
}
