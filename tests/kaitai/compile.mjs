// Compiles a Kaitai Struct description to Python with the real compiler:
//     node compile.mjs NODE_MODULES IN.ksy OUT_FOLDER
// NODE_MODULES is a folder that holds kaitai-struct-compiler 0.11 and js-yaml 4.

import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join, resolve } from "node:path";

const [nodeModules, source, folder] = process.argv.slice(2);
const require = createRequire(join(resolve(nodeModules), "here.js"));
const compiler = require("./kaitai-struct-compiler");
const yaml = require("./js-yaml");

const description = yaml.load(readFileSync(source, "utf8"));
const files = await compiler.compile("python", description, null, false);
for (const [name, text] of Object.entries(files)) {
  writeFileSync(join(folder, name), text);
  console.log(name);
}
