/** Takes a connection URL, and a password written as in one, out of a text. */
export function redact(text: string, url: string | undefined): string {
  if (url === undefined || url === "") return text;
  const password = passwordOf(url);
  const clean = text.replaceAll(url, "<the connection URL>");
  return password === undefined ? clean : clean.replaceAll(`:${password}@`, ":***@");
}

/** By pattern, because a URL that does not parse has a password as well. */
const passwordOf = (url: string): string | undefined => /^[a-z]+:\/\/[^:/@]*:(.+)@/i.exec(url)?.[1];
