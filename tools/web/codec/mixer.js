// Which of the two mixers a decoder gets. They differ in speed alone.

import { PlainMixer } from "./plain_mixer.js";
import { canBeFast, SimdMixer } from "./simd_mixer.js";

/** Return a mixer; on a fast one, which has one memory, those made before are of no more use. */
export function makeMixer(...parts) {
  return canBeFast() ? new SimdMixer(...parts) : new PlainMixer(...parts);
}
