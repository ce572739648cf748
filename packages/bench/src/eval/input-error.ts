/** What the person who called has to change: an option, a folder, a line of a file. Ends the program with 2. */
export class InputError extends Error {
  override readonly name = "InputError";
}
