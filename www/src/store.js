// What the browser keeps: nothing depends on it.

/** Keeps a value under a name; null deletes it. */
export function store(storage, name, value) {
  try {
    if (value === null) storage.removeItem(name);
    else storage.setItem(name, value);
  } catch {
    // no storage, or it is full
  }
}
