// The local model's walk to a pixel's rank (spec §7.5.8) in plain JavaScript.

import { C_A, C_B, C_D, shuffle } from "./contexts.js";
import { LEFT, LOCAL, NODE_SIZE, ORDINAL, RIGHT } from "./palette_tree.js";
import { PlainNodes } from "./plain_nodes.js";

/** See PlainWalk. */
export class PlainLocalWalk extends PlainNodes {
  /** Walk the tree to the pixel's rank. */
  walk(expected, activity, { W, N, NW, NE, NEE, WW, N2 }) {
    const { nodes } = this;
    this.setContexts(W, N, NW, NE, NEE, WW, N2);
    let node = 0;
    let group = -1;
    while (node >= 0) {
      const at = node * NODE_SIZE;
      let bit = this.decodeSure(node, expected, activity, 0);
      if (bit < 0) {
        if (nodes[at + ORDINAL] !== group) {
          group = nodes[at + ORDINAL];
          this.findLines(group);
        }
        bit = this.decideNode(node, activity, W, N, NW, NE);
      }
      node = nodes[at + (bit ? RIGHT : LEFT)];
    }
    return -1 - node;
  }

  /** Set what the lines of slots 2 to 8 are found by, but for the group. */
  setContexts(W, N, NW, NE, NEE, WW, N2) {
    const { contexts } = this.mixer;
    const { groups } = this.memory;
    contexts[2] = shuffle((Math.imul(W, C_A) + Math.imul(WW, C_B)) | 0);
    contexts[3] = shuffle((Math.imul(N, C_A) + Math.imul(N2, C_B)) | 0);
    contexts[4] = Math.imul(W, groups);
    contexts[5] = Math.imul(N, groups);
    contexts[6] = Math.imul(NE, groups);
    contexts[7] = Math.imul(NW, groups);
    contexts[8] = Math.imul(NEE, groups);
  }

  /** Find where the slots 2 to 8 of a group begin. */
  findLines(group) {
    const { contexts, lines } = this.mixer;
    const { pairBits, neighbourBits, atPairs, atNeighbours } = this.memory;
    const shift = 36 - pairBits;
    const added = Math.imul(group, C_D);
    for (let i = 2; i < 4; i++) {
      const begin = atPairs + ((i - 2) << pairBits);
      lines[i] = begin + (((contexts[i] + added) >>> shift) << 4);
    }
    const mask = (1 << (neighbourBits - 4)) - 1;
    for (let i = 4; i < 9; i++) {
      const begin = atNeighbours + ((i - 4) << neighbourBits);
      lines[i] = begin + (((contexts[i] + group) & mask) << 4);
    }
  }

  decideNode(node, activity, W, N, NW, NE) {
    const { mixer, nodes } = this;
    const { lines } = mixer;
    const at = node * NODE_SIZE;
    const local = nodes[at + LOCAL];
    lines[0] = this.place0 - local;
    lines[1] = this.place1 - local;
    const b = 81 * activity + this.sides(at, W, N, NW, NE);
    return mixer.decide(local, node & 255, b, node & 511, (24 * node + this.c2) & 4095, 0);
  }
}
