// The page's side of worker.js: bytes go there, a picture or an error comes back.

/** What a worker reported: `kind` is that of the spec (§1.1), or another name of an error. */
export class DecodingError extends Error {
  constructor({ kind, message }) {
    super(message);
    this.name = "DecodingError";
    this.kind = kind;
  }
}

/** A worker that decodes one file after the other, and is replaced when it breaks. */
export class Decoding {
  #worker = null;
  #waiting = new Map();
  #count = 0;

  /**
   * Return a promise of the picture: what `decode` of kq.js returns, `rgba` (a Uint8ClampedArray)
   * and `milliseconds`. It fails with a DecodingError. The bytes are handed over: they are no more.
   */
  decode(bytes, limits = {}) {
    const id = this.#count++;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.#started().postMessage({ id, bytes, limits }, [bytes.buffer]);
    });
  }

  #started() {
    if (this.#worker === null) {
      this.#worker = new Worker(new URL("worker.js", import.meta.url), { type: "module" });
      this.#worker.addEventListener("message", ({ data }) => this.#settle(data));
      this.#worker.addEventListener("error", (event) => {
        event.preventDefault();
        this.stop(event.message || "the decoder could not be started, or broke");
      });
    }
    return this.#worker;
  }

  #settle({ id, picture, error }) {
    const { resolve, reject } = this.#waiting.get(id);
    this.#waiting.delete(id);
    if (error) {
      reject(new DecodingError(error));
    } else {
      resolve(picture);
    }
  }

  /** End the worker, and with it all that waits; the next file gets a new one. */
  stop(message = "stopped") {
    this.#worker?.terminate();
    this.#worker = null;
    for (const { reject } of this.#waiting.values()) {
      reject(new DecodingError({ kind: "Stopped", message }));
    }
    this.#waiting.clear();
  }
}
