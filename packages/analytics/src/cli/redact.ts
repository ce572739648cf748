/** Takes secrets out of a text: keys, a connection URL, and a password written as in one. */
export function redact(text: string, secrets: readonly (string | undefined)[]): string {
  let clean = text;
  for (const secret of secrets) {
    if (secret === undefined || secret === "") continue;
    clean = clean.replaceAll(secret, "***");
    // By pattern, because a URL that does not parse has a password as well.
    const password = /^[a-z]+:\/\/[^:/@]*:(.+)@/i.exec(secret)?.[1];
    if (password !== undefined) clean = clean.replaceAll(`:${password}@`, ":***@");
  }
  return clean;
}
