// <kq-image src="picture.kq" alt="what it shows"></kq-image>: a picture in a page.
//
// alt="" says that the picture is decoration. `max-pixels` sets a lower limit. The events `load` and
// `error` tell how it went; the error is shown in the picture's place, as text.

import { Decoding } from "./decoding.js";
import { drawPicture } from "./drawing.js";

const STYLE = new CSSStyleSheet();
STYLE.replaceSync(`
  :host { display: inline-block; max-width: 100%; }
  :host([hidden]) { display: none; }
  canvas { display: block; max-width: 100%; height: auto; image-rendering: inherit; }
  p { margin: 0; font: inherit; }
  [hidden] { display: none; }
`);

const decoding = new Decoding(); // one worker for all pictures of a page

/** The element. */
export class KqImage extends HTMLElement {
  static observedAttributes = ["src", "alt", "max-pixels"];
  #canvas = document.createElement("canvas");
  #message = document.createElement("p");
  #turn = 0;

  constructor() {
    super();
    const root = this.attachShadow({ mode: "open" });
    root.adoptedStyleSheets = [STYLE];
    this.#message.hidden = true;
    root.append(this.#canvas, this.#message);
  }

  connectedCallback() {
    this.#describe();
    this.#load();
  }

  attributeChangedCallback(name, before, after) {
    if (!this.isConnected || before === after) {
      return;
    }
    if (name === "alt") {
      this.#describe();
    } else {
      this.#load();
    }
  }

  #describe() {
    const alt = this.getAttribute("alt") ?? "";
    this.#canvas.setAttribute("role", alt ? "img" : "presentation");
    if (alt) {
      this.#canvas.setAttribute("aria-label", alt);
    } else {
      this.#canvas.removeAttribute("aria-label");
    }
  }

  async #load() {
    const turn = ++this.#turn; // what an earlier `src` gives comes too late
    const source = this.getAttribute("src");
    if (!source) {
      return;
    }
    try {
      const picture = await decoding.decode(await this.#fetched(source), this.#limits());
      if (turn === this.#turn) {
        drawPicture(this.#canvas, picture);
        this.#show(null);
        this.dispatchEvent(new Event("load"));
      }
    } catch (error) {
      if (turn === this.#turn) {
        this.#show(error);
        this.dispatchEvent(new ErrorEvent("error", { error, message: error.message }));
      }
    }
  }

  async #fetched(source) {
    const response = await fetch(source);
    if (!response.ok) {
      throw new Error(`the server says ${response.status}`);
    }
    return new Uint8Array(await response.arrayBuffer());
  }

  #limits() {
    const value = this.getAttribute("max-pixels");
    return value === null ? {} : { maxPixels: Number(value) };
  }

  #show(error) {
    this.#canvas.hidden = error !== null;
    this.#message.hidden = error === null;
    const alt = this.getAttribute("alt");
    this.#message.textContent = error && `${alt ? `${alt}: ` : ""}not shown, ${error.message}`;
  }
}

customElements.define("kq-image", KqImage);
