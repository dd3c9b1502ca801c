// Sections and the metadata in them (spec §5).

import { crc32, u32 } from "./bytes.js";
import { ChecksumError, FormatError, TruncatedError, UnsupportedError } from "./errors.js";
import { checksums, ENTROPY, requireAtMost } from "./head.js";

const NAMES = { i: "icc", e: "exif", x: "xmp", r: "resolution" };
const BANDS = ["B", "E"];

/** A walk over all sections of a file, which checks each as it is met (5.1). */
export class SectionReader {
  constructor(data, head, limits) {
    this.data = data;
    this.head = head;
    this.limits = limits;
    this.at = head.end;
    this.hasBands = false;
    this.metadataBytes = 0;
    this.metadataSections = 0;
    this.known = new Set();
  }

  /** Return the next section, checked but for what a band's payload holds. */
  next(requireBandLength) {
    const { data, at } = this;
    if (data.length - at < 5) {
      const left = data.length - at;
      throw new TruncatedError(
        `the file ends where a section should begin: ${left} bytes left, 5 expected`,
      );
    }
    const tag = this.readTag();
    const length = u32(data, at + 1);
    const isBand = BANDS.includes(tag);
    if (isBand) {
      this.hasBands = true;
      requireBandLength(tag, length);
    } else {
      this.requireAncillary(tag, length);
    }
    const start = at + 5;
    const end = start + length;
    this.requireWhole(tag, end);
    this.at = end + 4;
    return { tag, isBand, offset: at, start, end, length };
  }

  readTag() {
    const byte = this.data[this.at];
    const tag = String.fromCharCode(byte);
    if (!/^[A-Za-z]$/.test(tag)) {
      throw new FormatError(`a section's tag is the byte ${byte}, expected an ASCII letter`);
    }
    if (/[A-Z]/.test(tag) && !BANDS.includes(tag)) {
      throw new UnsupportedError(`a critical section ${tag}, which version 1 does not define`);
    }
    if (tag === "E" && this.head.coding !== ENTROPY) {
      throw new FormatError("an entropy-coded band stands in a file that is not entropy-coded");
    }
    return tag;
  }

  requireAncillary(tag, length) {
    if (this.hasBands) {
      throw new FormatError(`an ancillary section ${tag} follows a band`);
    }
    if (tag in NAMES) {
      if (this.known.has(tag)) {
        throw new FormatError(`a second section ${tag} (${NAMES[tag]})`);
      }
      this.known.add(tag);
      if (tag === "r" ? length !== 8 : length < 1) {
        throw new FormatError(
          `a section ${tag} has ${length} bytes, expected ${tag === "r" ? "8" : "1 or more"}`,
        );
      }
    }
    this.metadataBytes += length;
    this.metadataSections++;
    requireAtMost(this.metadataBytes, this.limits.maxMetadataBytes, "bytes of metadata");
    requireAtMost(this.metadataSections, this.limits.maxMetadataSections, "ancillary sections");
  }

  requireWhole(tag, end) {
    const { data, at } = this;
    if (data.length < end + 4) {
      throw new TruncatedError(
        `the file ends in a section ${tag}: ${data.length} bytes found, ${end + 4} expected`,
      );
    }
    const found = u32(data, end);
    const expected = crc32(data, at, end);
    if (found !== expected) {
      throw new ChecksumError(`a section ${tag} is damaged: ${checksums(found, expected)}`);
    }
  }
}

/** Put an ancillary section where it belongs: into `metadata` or `others`. */
export function keepMetadata(data, { tag, start, end }, metadata, others) {
  if (tag === "r") {
    metadata.resolution = [u32(data, start), u32(data, start + 4)];
  } else if (tag in NAMES) {
    metadata[NAMES[tag]] = data.slice(start, end);
  } else {
    others.push({ tag, payload: data.slice(start, end) });
  }
}
