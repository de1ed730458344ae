#!/usr/bin/env node
// Where the command line begins: CommonJS, which starts in half the time, and of which Node 22 keeps what it has compiled.
require("node:module").enableCompileCache?.();
require("./command.cjs").run();
