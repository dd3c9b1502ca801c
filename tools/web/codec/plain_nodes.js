// What both models do at a node of the palette's tree (spec §7.5.5) in plain JavaScript: find slots
// 0 and 1 by the two predictions, and take the short cut.

import { DISTANCE_CLASS } from "./contexts.js";
import { AT_DISTANCE, AT_FINE } from "./memory.js";
import {
  CUT,
  DEPTH,
  DIRECTION,
  HIGH,
  INVERSE,
  LOW,
  MIDDLE,
  NODE_SIZE,
} from "./palette_tree.js";
import { CHANCE_16 } from "./slots.js";

/** Reads the places of the predictions where the mixer has them. */
export class PlainNodes {
  constructor(tree, memory) {
    this.nodes = tree.nodes;
    this.memory = memory;
    this.mixer = memory.mixer;
    /** Of the last node: where its slots 0 and 1 are, and the class c2. */
    this.place0 = 0;
    this.place1 = 0;
    this.c2 = 0;
  }

  /** Decode the bit of a node where its slots 0 and 1 are sure; else return −1. */
  decodeSure(node, expected, activity, pace) {
    const { mixer, nodes } = this;
    const { slots } = mixer;
    const at = node * NODE_SIZE;
    const direction = nodes[at + DIRECTION];
    const cut = nodes[at + CUT];
    const inverse = nodes[at + INVERSE] * (1 / 65_536);
    const depth = nodes[at + DEPTH];
    const learnt = mixer.learntPlaces[direction] - cut;
    const c1 = distanceClass(mixer.gradientPlaces[direction] - cut, inverse);
    const c2 = distanceClass(learnt, inverse);
    const c3 = distanceClass(2 * learnt, inverse);
    const place0 =
      AT_DISTANCE + ((c1 * 24 + c2) * 8 + activity) * 16 + (depth < 15 ? depth : 15);
    const place1 = AT_FINE + ((node & 1023) * 24 + c3) * 8 + expected;
    const slot0 = slots[place0];
    const slot1 = slots[place1];
    const state0 = slot0 >> 4;
    const state1 = slot1 >> 4;
    if (
      (slot0 & 15) >= 8 &&
      (slot1 & 15) >= 6 &&
      ((state0 < 1196 && state1 < 1196) || (state0 >= 2900 && state1 >= 2900))
    ) {
      const bit = mixer.coder.decode(CHANCE_16[(state0 + state1) >> 1]);
      mixer.learn(place0, bit, pace);
      mixer.learn(place1, bit, pace);
      return bit;
    }
    this.place0 = place0;
    this.place1 = place1;
    this.c2 = c2;
    return -1;
  }

  /** Return where W, N, NW and NE are of a node, a number of four digits of 0 to 2. */
  sides(at, W, N, NW, NE) {
    const { nodes } = this;
    const low = nodes[at + LOW];
    const middle = nodes[at + MIDDLE];
    const last = nodes[at + HIGH] - 1;
    return (
      side(W, low, middle, last) +
      3 * side(N, low, middle, last) +
      9 * side(NW, low, middle, last) +
      27 * side(NE, low, middle, last)
    );
  }
}

/** cls of the spec: where a distance is of 24 classes, 12 and more for those not negative. */
function distanceClass(t, inverse) {
  const sign = t >> 31;
  const size = (((t ^ sign) - sign) * inverse) | 0;
  return (DISTANCE_CLASS[size < 140 ? size : 140] ^ sign) + 12;
}

/** `side` of the spec without a branch: which it is cannot be foreseen. */
export function side(rank, low, middle, last) {
  const outside = ((rank - low) | (last - rank)) >> 31;
  return (outside & 2) | (~outside & (1 + ((rank - middle) >> 31)));
}
