// The palette's entries as leaves of a binary tree (spec §7.4).

/** Weight of each direction, and how much of R, G, B and A makes a place along it. */
const DIRECTIONS = [
  { weight: 6, parts: [1, 0, 0, 0] },
  { weight: 6, parts: [0, 1, 0, 0] },
  { weight: 6, parts: [0, 0, 1, 0] },
  { weight: 6, parts: [0, 0, 0, 1] },
  { weight: 1, parts: [1, 2, 1, 0] },
  { weight: 3, parts: [1, 0, -1, 0] },
  { weight: 1, parts: [-1, 2, -1, 0] },
];

const ONE = 1_048_576;

/** What is where in the numbers of a node; a side is a node, or −1 − rank where it is a leaf. */
export const LOW = 0;
export const MIDDLE = 1;
export const HIGH = 2;
export const DIRECTION = 3;
export const CUT = 4;
export const INVERSE = 5;
export const DEPTH = 6;
export const GROUP = 7;
export const LOCAL = 8;
export const LEFT = 9;
export const RIGHT = 10;
export const ORDINAL = 11;
export const NODE_SIZE = 16; // so that a node is one line of the cache

/** The tree: `order` gives the entry of each rank, `nodes` NODE_SIZE numbers for each node. */
export class PaletteTree {
  constructor(palette, channels) {
    const k = palette.length / channels;
    this.order = Uint16Array.from({ length: k }, (_, entry) => entry);
    this.places = DIRECTIONS.map(({ parts }) => placesAlong(palette, channels, parts));
    this.spare = new Uint16Array(k);
    this.nodes = new Int32Array(NODE_SIZE * (k - 1));
    this.groups = 0;
    this.build(k);
    this.colors = colorsByRank(palette, channels, this.order);
  }

  /** Make all nodes, in the order node, left side, right side: a stack in place of recursion. */
  build(k) {
    const waiting = [{ low: 0, high: k, parent: -1, side: 0 }];
    let count = 0;
    while (waiting.length > 0) {
      const { low, high, parent, side } = waiting.pop();
      const isLeaf = high - low === 1;
      if (parent >= 0) {
        this.nodes[parent * NODE_SIZE + (side ? RIGHT : LEFT)] = isLeaf ? -1 - low : count;
      }
      if (isLeaf) {
        continue;
      }
      const node = count++;
      this.gather(node, parent, side);
      this.split(node, low, high);
      const middle = this.nodes[node * NODE_SIZE + MIDDLE];
      waiting.push({ low: middle, high, parent: node, side: 1 });
      waiting.push({ low, high: middle, parent: node, side: 0 });
    }
  }

  /** Set depth, group, its ordinal, and local (step 6). */
  gather(node, parent, side) {
    const { nodes } = this;
    const at = node * NODE_SIZE;
    const above = parent * NODE_SIZE;
    const local = parent < 0 ? 16 : 2 * nodes[above + LOCAL] + side;
    nodes[at + DEPTH] = parent < 0 ? 0 : nodes[above + DEPTH] + 1;
    const isInside = local < 16;
    nodes[at + GROUP] = isInside ? nodes[above + GROUP] : node;
    nodes[at + ORDINAL] = isInside ? nodes[above + ORDINAL] : this.groups++;
    nodes[at + LOCAL] = isInside ? local : 1;
  }

  /** Set the rest, and rearrange `order` (steps 2 to 5). All numbers are below 2^53. */
  split(node, low, high) {
    const n = high - low;
    const { direction, spread, sum } = this.widest(low, high);
    const { middle, inverse } =
      spread === 0
        ? { middle: low + (n >> 1), inverse: ONE }
        : this.part(low, high, direction, sum);
    const cut = Math.floor((8 * sum) / n);
    this.nodes.set([low, middle, high, direction, cut, inverse], node * NODE_SIZE);
  }

  widest(low, high) {
    const n = high - low;
    let best = { direction: 0, spread: -1, sum: 0 };
    for (let direction = 0; direction < 7; direction++) {
      const places = this.places[direction];
      let sum = 0;
      let squares = 0;
      for (let rank = low; rank < high; rank++) {
        const place = places[this.order[rank]];
        sum += place;
        squares += place * place;
      }
      const spread = DIRECTIONS[direction].weight * (n * squares - sum * sum);
      if (spread > best.spread) {
        best = { direction, spread, sum };
      }
    }
    return best;
  }

  /** Bring those below the mean to the front, in order; return `middle` and `inverse`. */
  part(low, high, direction, sum) {
    const { order, spare } = this;
    const places = this.places[direction];
    const n = high - low;
    let count = 0;
    let others = 0;
    let total = 0;
    for (let rank = low; rank < high; rank++) {
      const entry = order[rank];
      const place = places[entry];
      if (n * place < sum) {
        order[low + count++] = entry;
        total += place;
      } else {
        spare[others++] = entry;
      }
    }
    order.set(spare.subarray(0, others), low + count);
    const distance = Math.floor((16 * (count * sum - n * total)) / (n * n));
    return { middle: low + count, inverse: Math.floor(ONE / (distance + 1)) };
  }
}

function placesAlong(palette, channels, parts) {
  const places = new Int16Array(palette.length / channels);
  for (let entry = 0; entry < places.length; entry++) {
    const at = entry * channels;
    const alpha = channels === 4 ? palette[at + 3] : 255;
    places[entry] =
      parts[0] * palette[at] +
      parts[1] * palette[at + 1] +
      parts[2] * palette[at + 2] +
      parts[3] * alpha;
  }
  return places;
}

/** Return the colours rank by rank, four samples each. */
function colorsByRank(palette, channels, order) {
  const colors = new Uint8Array(4 * order.length).fill(255);
  order.forEach((entry, rank) => {
    for (let channel = 0; channel < channels; channel++) {
      colors[4 * rank + channel] = palette[channels * entry + channel];
    }
  });
  return colors;
}
