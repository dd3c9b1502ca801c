// Mixed decisions (spec §7.3) by WebAssembly with SIMD: what plain_mixer.js does, in less time.

import { DISTANCE_CLASS } from "./contexts.js";
import {
  AT_CHANCES,
  AT_CODER,
  AT_CONTEXTS,
  AT_DISTANCE_CLASS,
  AT_FOLLOWER,
  AT_GRADIENT_PLACES,
  AT_LEARNT_PLACES,
  AT_LINES,
  AT_NODES,
  AT_OPINION,
  AT_REFINEMENTS_A,
  AT_REFINEMENTS_B,
  AT_SLOTS,
  AT_SQUASH,
  AT_WEIGHTS_A,
  AT_WEIGHTS_B,
  MODULE,
} from "./mixer_module.js";
import { startingRefinements } from "./plain_mixer.js";
import { BLANK, CHANCE_16, FOLLOWER, OPINION, SQUASH } from "./slots.js";

const PAGE = 65_536;

let current = null; // the coder of the newest mixer
let instance; // null where there can be none

/** Whether this runtime has what the module needs, and the page's policy lets it be compiled. */
export function canBeFast() {
  if (instance === undefined) {
    instance = makeInstance();
  }
  return instance !== null;
}

function makeInstance() {
  if (typeof WebAssembly === "undefined") {
    return null;
  }
  try {
    const bytes = Uint8Array.from(atob(MODULE), (character) => character.charCodeAt(0));
    const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes), {
      coder: { next: () => current.next() },
    });
    growTo(exports.memory, AT_SLOTS);
    const { buffer } = exports.memory;
    new Int16Array(buffer, AT_OPINION, OPINION.length).set(OPINION);
    new Uint16Array(buffer, AT_FOLLOWER, FOLLOWER.length).set(FOLLOWER);
    new Int32Array(buffer, AT_SQUASH, SQUASH.length).set(SQUASH);
    new Int32Array(buffer, AT_CHANCES, CHANCE_16.length).set(CHANCE_16);
    new Uint8Array(buffer, AT_DISTANCE_CLASS, DISTANCE_CLASS.length).set(DISTANCE_CLASS);
    return exports;
  } catch (error) {
    if (error instanceof WebAssembly.CompileError) {
      return null; // no SIMD, or a Content-Security-Policy without 'wasm-unsafe-eval'
    }
    throw error;
  }
}

function growTo(memory, bytes) {
  const missing = bytes - memory.buffer.byteLength;
  if (missing > 0) {
    memory.grow(Math.ceil(missing / PAGE));
  }
}

/** See PlainMixer. */
export class SimdMixer {
  constructor(coder, slots, weightsA, weightsB, refinementsA, refinementsB) {
    const { memory, decide, restart } = instance;
    growTo(memory, AT_SLOTS + 2 * slots);
    const { buffer } = memory;
    current = coder;
    coder.moveTo(new Int32Array(buffer, AT_CODER, 3));
    /** Decode the decision of the slots at lines[i] + local: decide(local, a, b, ra, rb). */
    this.decide = decide;
    this.slots = new Uint16Array(buffer, AT_SLOTS, slots).fill(BLANK);
    this.lines = new Int32Array(buffer, AT_LINES, 16);
    this.contexts = new Int32Array(buffer, AT_CONTEXTS, 16);
    this.gradientPlaces = new Int32Array(buffer, AT_GRADIENT_PLACES, 7);
    this.learntPlaces = new Int32Array(buffer, AT_LEARNT_PLACES, 7);
    new Int16Array(buffer, AT_WEIGHTS_A, weightsA.length).set(weightsA);
    new Int16Array(buffer, AT_WEIGHTS_B, weightsB.length).set(weightsB);
    const [ra, rb] = [refinementsA, refinementsB].map(startingRefinements);
    new Uint16Array(buffer, AT_REFINEMENTS_A, ra.length).set(ra);
    new Uint16Array(buffer, AT_REFINEMENTS_B, rb.length).set(rb);
    restart();
  }

  /** Let one slot learn a bit. */
  learn(place, bit) {
    this.slots[place] = FOLLOWER[(bit << 16) | this.slots[place]];
  }

  /** Return what walks a palette's tree, as PlainWalk does; `memory` is the one with this mixer. */
  walkOn(tree, memory) {
    const { buffer } = instance.memory;
    new Int32Array(buffer, AT_NODES, tree.nodes.length).set(tree.nodes);
    instance.plan(memory.atNear, memory.nearBits);
    return instance;
  }
}
