// What git leaves out, by asking git: nothing else reads all its rules as it does.
import { resolve, sep } from "node:path";

/**
 * The files and folders that git ignores, as absolute paths, those of folders with a separator at the end; none where
 * there is no git, or no repository. What was asked for counts: nothing that holds `folder` or the working folder is
 * among them.
 */
export async function ignored(folder = "") {
  const top = (await git(["rev-parse", "--show-toplevel"]))?.replace(/\r?\n$/, "");
  if (!top) return [];
  // untracked alone: what is in the repository all the same is linted
  const listed = await git(["-C", top, "ls-files", "-z", "--others", "--ignored", "--exclude-standard", "--directory"]);
  const wanted = [resolve(), resolve(folder)];
  const paths = (listed ?? "").split("\0").filter(Boolean).map((name) => resolve(top, name) + (name.endsWith("/") ? sep : ""));
  return paths.filter((path) => !wanted.some((each) => `${each}${sep}`.startsWith(path)));
}

/** The folder of the repository; the working folder where there is none. */
export async function top() {
  const found = process.env.GITHUB_WORKSPACE ?? (await git(["rev-parse", "--show-toplevel"]))?.replace(/\r?\n$/, "");
  return found ? resolve(found) : resolve();
}

async function git(args) {
  const { spawnSync } = await import("node:child_process");
  const { status, stdout } = spawnSync("git", args, { encoding: "utf8", maxBuffer: 1 << 28, stdio: ["ignore", "pipe", "ignore"] });
  return status === 0 ? stdout : undefined;
}
