// The kinds of errors of the spec (§1.1). Every message says what was found and what is expected.

/** What all errors of a file have in common; `kind` is the name that the spec gives it. */
export class KqError extends Error {
  get kind() {
    return this.name;
  }
}

/** The bytes break a rule of the format. */
export class FormatError extends KqError {
  name = "FormatError";
}

/** The data ends where more bytes are required. */
export class TruncatedError extends KqError {
  name = "TruncatedError";
}

/** A stored CRC-32 is not that of the bytes it covers. */
export class ChecksumError extends KqError {
  name = "ChecksumError";
}

/** The file may be right, but uses what version 1 does not define. */
export class UnsupportedError extends KqError {
  name = "UnsupportedError";
}

/** The file asks for more than the limits allow. */
export class LimitError extends KqError {
  name = "LimitError";
}
