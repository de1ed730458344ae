// A simulator and the gateway before it, for the tests of a file.
import { after, beforeEach } from "node:test";
import { startGateway } from "./gateway.mjs";
import { startSimulator } from "./simulator.mjs";

/**
 * A simulator and a gateway before it for the tests of a file. `vars` are settings of the gateway, or give them for a
 * simulator; where it is `fresh`, the simulator and the lines of the log are emptied before each test.
 */
export async function startBoth(vars = {}, { fresh = true, ...options } = {}) {
  const simulator = await startSimulator();
  let gateway;
  after(async () => {
    await gateway?.stop();
    await simulator.stop();
  });
  gateway = await startGateway(simulator, typeof vars === "function" ? vars(simulator) : vars, options);
  if (fresh) {
    beforeEach(async () => {
      await simulator.reset();
      gateway.lines.length = 0;
    });
  }
  return { simulator, gateway };
}
