// What a decoder takes on at most (spec §9). The defaults are those of the spec.

export const DEFAULT_LIMITS = Object.freeze({
  maxPixels: 2 ** 28,
  maxColors: 65_536,
  maxBands: 2 ** 16,
  maxMetadataBytes: 2 ** 24,
  maxMetadataSections: 64,
});

// Up to here rows · width · b and all sums are exact in a double (spec §11, "Sizes").
const LARGEST = 2 ** 48;

/** Return the limits with those given in place of the defaults; a RangeError if one is no limit. */
export function limitsFrom(options = {}) {
  for (const [name, value] of Object.entries(options)) {
    if (!(name in DEFAULT_LIMITS)) {
      throw new RangeError(`no such limit: ${name}`);
    }
    if (!Number.isSafeInteger(value) || value < 0 || value > LARGEST) {
      throw new RangeError(`${name} is ${value}, not a whole number from 0 to 2^48`);
    }
  }
  return { ...DEFAULT_LIMITS, ...options };
}
