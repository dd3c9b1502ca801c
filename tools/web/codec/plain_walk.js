// The walk down the palette's tree to a pixel's rank (spec §7.5.5) in plain JavaScript; the mixer by
// WebAssembly has one of its own.

import { C_D, DISTANCE_CLASS, shuffle } from "./contexts.js";
import { AT_DISTANCE, AT_FINE, AT_MATCHES } from "./memory.js";
import {
  CUT,
  DEPTH,
  DIRECTION,
  GROUP,
  HIGH,
  INVERSE,
  LEFT,
  LOCAL,
  LOW,
  MIDDLE,
  NODE_SIZE,
  RIGHT,
} from "./palette_tree.js";
import { CHANCE_16 } from "./slots.js";

/** Reads the contexts and the places of the predictions where the mixer has them. */
export class PlainWalk {
  constructor(tree, memory) {
    this.nodes = tree.nodes;
    this.memory = memory;
    this.mixer = memory.mixer;
  }

  /** Walk the tree to the pixel's rank (7.5.5); `excluded` and `matched` are −1 for none. */
  walk(excluded, expected, activity, W, N, NW, NE, matched, length, candidate, kind, pace) {
    const { nodes } = this;
    const excludedLeaf = excluded < 0 ? 0 : -1 - excluded; // 0, the root, is no side
    let node = 0;
    let group = -1;
    while (node >= 0) {
      const at = node * NODE_SIZE;
      const left = nodes[at + LEFT];
      const right = nodes[at + RIGHT];
      let bit;
      if (left === excludedLeaf) {
        bit = 1;
      } else if (right === excludedLeaf) {
        bit = 0;
      } else {
        if (nodes[at + GROUP] !== group) {
          group = nodes[at + GROUP];
          this.findLines(group);
        }
        bit = this.decideNode(
          node,
          expected,
          activity,
          W,
          N,
          NW,
          NE,
          matched,
          length,
          candidate,
          kind,
          pace,
        );
      }
      node = bit ? right : left;
    }
    return -1 - node;
  }

  /** Find slot 2, which what the match said leads to; return the first set of list B. */
  findMatch(at, matched, length, candidate, kind) {
    const { nodes } = this;
    const low = nodes[at + LOW];
    const middle = nodes[at + MIDDLE];
    const last = nodes[at + HIGH] - 1;
    const depth = nodes[at + DEPTH];
    const said = side(matched, low, middle, last);
    const offered = side(candidate, low, middle, last);
    this.mixer.lines[2] =
      AT_MATCHES +
      (((3 * length + said) * 16 + (depth < 15 ? depth : 15)) * 3 + offered) * 3 +
      kind -
      nodes[at + LOCAL];
    return 192 + (said === 2 ? 0 : length < 8 ? 81 : 162);
  }

  /** Find where the slots 3 to 15 of a group begin. */
  findLines(group) {
    const { memory } = this;
    const { contexts, lines } = this.mixer;
    const { nearBits } = memory;
    const shift = 36 - nearBits;
    const added = Math.imul(group, C_D);
    let begin = memory.atNear;
    for (let i = 3; i < 16; i++) {
      lines[i] = begin + (((shuffle(contexts[i]) + added) >>> shift) << 4);
      begin += 1 << nearBits;
    }
  }

  decideNode(node, expected, activity, W, N, NW, NE, matched, length, candidate, kind, pace) {
    const { mixer, nodes } = this;
    const { lines, slots } = mixer;
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
    const local = nodes[at + LOCAL];
    lines[0] = place0 - local;
    lines[1] = place1 - local;
    const low = nodes[at + LOW];
    const middle = nodes[at + MIDDLE];
    const last = nodes[at + HIGH] - 1;
    const b =
      this.findMatch(at, matched, length, candidate, kind) +
      side(W, low, middle, last) +
      3 * side(N, low, middle, last) +
      9 * side(NW, low, middle, last) +
      27 * side(NE, low, middle, last);
    const rb = (24 * node + c2) & 4095;
    return mixer.decide(local, 32 + (node & 255), b, 128 + (node & 511), rb, pace);
  }
}

/** cls of the spec: where a distance is of 24 classes, 12 and more for those not negative. */
function distanceClass(t, inverse) {
  const sign = t >> 31;
  const size = (((t ^ sign) - sign) * inverse) | 0;
  return (DISTANCE_CLASS[size < 140 ? size : 140] ^ sign) + 12;
}

/** `side` of the spec without a branch: which it is cannot be foreseen. */
function side(rank, low, middle, last) {
  const outside = ((rank - low) | (last - rank)) >> 31;
  return (outside & 2) | (~outside & (1 + ((rank - middle) >> 31)));
}
