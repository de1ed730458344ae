/** The command was called wrongly, or what it was given cannot be read: a message for people, exit code 2. */
export class Usage extends Error {
  name = "Usage";

  /** `errors` are faults with their paths. */
  constructor(message, errors) {
    super(message);
    this.errors = errors;
  }
}

/** The one of `known` that is nearest to `word`, if one is near enough to be meant. */
export function nearest(word, known) {
  const [best] = known.map((one) => [distance(word.toLowerCase(), one.toLowerCase()), one]).sort(([a], [b]) => a - b);
  return best && best[0] <= Math.max(1, Math.floor(word.length / 3)) ? best[1] : undefined;
}

/** How many letters differ (Levenshtein, neighbours that are swapped once). */
function distance(a, b) {
  const rows = [Array.from({ length: b.length + 1 }, (_, at) => at)];
  for (let i = 1; i <= a.length; i++) {
    rows[i] = [i];
    for (let j = 1; j <= b.length; j++) {
      const change = rows[i - 1][j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1);
      rows[i][j] = Math.min(change, rows[i - 1][j] + 1, rows[i][j - 1] + 1);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) rows[i][j] = Math.min(rows[i][j], rows[i - 2][j - 2] + 1);
    }
  }
  return rows[a.length][b.length];
}
