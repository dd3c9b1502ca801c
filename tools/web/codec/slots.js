// Slots of 16 bits, 16 · state + step, and all that is looked up for them (spec §7.2, §7.3).

/** Of each pace, how many bits seen each step of confidence stands for. */
const COUNTS = [192, 160].map((most) => [
  0, 1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128, most,
]);
const LOGISTIC = [
  32768, 36843, 40793, 44511, 47911, 50941, 53581, 55834, 57724, 59287, 60565, 61598, 62428, 63090,
  63615, 64030, 64357, 64614, 64816, 64974, 65097, 65194, 65269, 65328, 65374, 65410, 65438, 65459,
  65476, 65489, 65500, 65508, 65514, 65519, 65523, 65526, 65528, 65530, 65531, 65532, 65533, 65534,
  65534, 65535, 65535, 65535, 65535, 65535, 65535,
];

/** A slot that has seen nothing. */
export const BLANK = 2048 * 16;

/** The largest logit. */
export const LARGEST_LOGIT = 3072;

function positiveSquash(logit) {
  const i = logit >> 6;
  const f = logit & 63;
  return f === 0 ? LOGISTIC[i] : (LOGISTIC[i] * (64 - f) + LOGISTIC[i + 1] * f + 32) >> 6;
}

/** The probability of a logit, in 1/65,536: SQUASH[3,072 + logit]. */
export const SQUASH = Int32Array.from({ length: 2 * LARGEST_LOGIT + 1 }, (_, place) => {
  const logit = place - LARGEST_LOGIT;
  return logit < 0 ? 65_536 - positiveSquash(-logit) : positiveSquash(logit);
});

/** CHANCE of the spec: the probability of each state, in 1/2³². */
const CHANCE = makeChances();

function makeChances() {
  const chances = new Float64Array(4096);
  let odds = 4305465866n; // products of up to 80 bits, once
  for (let state = 2048; state < 4096; state++) {
    const chance = Number((odds << 32n) / (odds + 2n ** 32n));
    chances[state] = chance;
    chances[4095 - state] = 2 ** 32 - chance;
    odds = (odds * 4315990099n) >> 32n;
  }
  return chances;
}

/** The probability of each state in 1/65,536, rounded down. */
export const CHANCE_16 = Int32Array.from(CHANCE, (chance) => Math.floor(chance / 65_536));

/** Of each pace, how far each step is trusted. */
export const TRUST = [6, 1].map((rest, pace) =>
  COUNTS[pace].map((n) => Math.floor((81_920 * n) / (17 * n + rest))),
);

/** A slot with these bits turned is its mirror: of the other bit it says what this says of one. */
const MIRROR = 0xfff0;

const BOUND = Float64Array.from({ length: 4095 }, (_, i) =>
  Math.floor((CHANCE[i] + CHANCE[i + 1]) / 2),
);

/** What each slot becomes after a 1, at each pace; after a 0 it is the mirror of its mirror's. */
export const FOLLOWER = [0, 1].map(makeFollowers);

function makeFollowers(pace) {
  const followers = new Uint16Array(65_536);
  for (let step = 0; step < 16; step++) {
    const n = COUNTS[pace][step];
    const gap = step < 15 ? COUNTS[pace][step + 1] - n : 0;
    let next = 0; // the chances rise with the state, and so does the number of bounds below
    for (let state = 0; state < 4096; state++) {
      const rest = 2 ** 32 - CHANCE[state];
      const chance = CHANCE[state] + Math.floor((4 * rest) / (4 * n + 6 - pace));
      while (next < 4095 && BOUND[next] <= chance) {
        next++;
      }
      const hash = (Math.imul(next, 0x9e3779b1) + Math.imul(step, 0x5851f42d)) >>> 16;
      const risen = gap > 0 && hash % gap === 0 ? step + 1 : step;
      followers[16 * state + step] = 16 * next + risen;
    }
  }
  return followers;
}

/** Return the opinion of each slot, a logit, at each pace. */
export function opinions() {
  return TRUST.map((trust) =>
    Int16Array.from(
      { length: 65_536 },
      (_, slot) => ((2 * (slot >> 4) - 4095) * trust[slot & 15]) >> 13,
    ),
  );
}

/** Return what each slot becomes, at each pace: after a 0, and after a 1. */
export function followers() {
  return FOLLOWER.map((ones) => [ones.map((_, slot) => ones[slot ^ MIRROR] ^ MIRROR), ones]);
}
