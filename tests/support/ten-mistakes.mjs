// The template with ten planted mistakes, and what each place must say of it: the page and a CI job alike.
import { readFileSync } from "node:fs";

export const TEXT = readFileSync(new URL("../../examples/lint/ten-mistakes.json", import.meta.url), "utf8");

/** `severity code line`, by place. */
export const TEN = [
  "error S001 4", // a customer's tone, in the system instruction
  "warning I001 4", // the price is always named, and never
  "warning S002 5", // a name without anything around it
  "error V001 5", // custommer
  "warning U003 5", // an invisible character in "thank you"
  "warning T008 5", // ${order_note} among {{…}}
  "warning S003 5", // </message> can be written by a customer
  "error V002 9", // customer is not used
  "warning V004 11", // order_note may be of any length
  "error D003 13", // max_token
];
