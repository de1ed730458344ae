/** The command was called wrongly, or what it was given cannot be read: a message for people, exit code 2. */
export class Usage extends Error {
  /** `errors` are faults with their paths. */
  constructor(message, errors) {
    super(message);
    this.errors = errors;
  }
}
