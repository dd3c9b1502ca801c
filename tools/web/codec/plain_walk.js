// The walk down the palette's tree to a pixel's rank (spec §7.5.5) in plain JavaScript; the mixer by
// WebAssembly has one of its own.

import { C_D, shuffle } from "./contexts.js";
import { AT_MATCHES } from "./memory.js";
import {
  DEPTH,
  GROUP,
  HIGH,
  LEFT,
  LOCAL,
  LOW,
  MIDDLE,
  NODE_SIZE,
  RIGHT,
} from "./palette_tree.js";
import { PlainNodes, side } from "./plain_nodes.js";

/** Reads the contexts where the mixer has them. */
export class PlainWalk extends PlainNodes {
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
    const sure = this.decodeSure(node, expected, activity, pace);
    if (sure >= 0) {
      return sure;
    }
    const { mixer, nodes } = this;
    const { lines } = mixer;
    const at = node * NODE_SIZE;
    const local = nodes[at + LOCAL];
    lines[0] = this.place0 - local;
    lines[1] = this.place1 - local;
    const b = this.findMatch(at, matched, length, candidate, kind) + this.sides(at, W, N, NW, NE);
    const rb = (24 * node + this.c2) & 4095;
    return mixer.decide(local, 32 + (node & 255), b, 128 + (node & 511), rb, pace);
  }
}
