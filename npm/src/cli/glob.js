// Globs of configurations, as functions: `*`, `**`, `?`, `{a,b}`.

/** Whether a path with `/` is meant by `pattern`; one without `/` means the file's name. */
export function matcher(pattern) {
  const plain = pattern.replace(/^\.\//, "").replace(/\/$/, "/**");
  const whole = plain.includes("/") ? plain : `**/${plain}`;
  let source = "";
  for (let at = 0; at < whole.length; at++) {
    const rest = whole.slice(at);
    if (rest.startsWith("**/")) {
      source += "(?:.*/)?";
      at += 2;
    } else if (rest.startsWith("**")) {
      source += ".*";
      at += 1;
    } else if (whole[at] === "*") source += "[^/]*";
    else if (whole[at] === "?") source += "[^/]";
    else if (whole[at] === "{") source += "(?:";
    else if (whole[at] === "}") source += ")";
    else if (whole[at] === ",") source += "|";
    else source += whole[at].replace(/[\\^$.|+()[\]]/, "\\$&");
  }
  // An unbalanced `{` is itself.
  try {
    const expression = new RegExp(`^${source}$`, "i");
    return (path) => expression.test(path);
  } catch {
    return (path) => path === whole;
  }
}
