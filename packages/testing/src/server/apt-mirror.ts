import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { TestServerError } from "./errors.ts";
import { runCommand } from "./run-command.ts";

/** One archive that apt is configured with. */
export interface AptSource {
  readonly uri: string;
  readonly suites: readonly string[];
  readonly components: readonly string[];
}

/**
 * The address of the Debian mirror that apt on this machine uses for its own release.
 * @throws {TestServerError} INSTALL when this is not Debian, or no http(s) mirror is configured
 */
export async function configuredMirror(): Promise<string> {
  const release = await readFile("/etc/os-release", "utf8").catch(() => "");
  if (!/^ID=debian$/m.test(release)) {
    throw new TestServerError(
      "INSTALL",
      "PostgreSQL 18 is only fetched on Debian; set DATABASE_URL to a server with pgvector instead",
    );
  }
  const codename = /^VERSION_CODENAME="?([^"\n]+)/m.exec(release)?.[1] ?? "sid";
  const sources = await readSources("/etc/apt");
  const source = sources.find(
    ({ uri, suites, components }) =>
      /^https?:/.test(uri) && suites.includes(codename) && components.includes("main"),
  );
  if (source) return source.uri;
  throw new TestServerError(
    "INSTALL",
    `no http(s) mirror with the suite ${codename} and the component main in /etc/apt/sources.list or ` +
      `/etc/apt/sources.list.d (${sources.length} sources read); add one`,
  );
}

/** The proxy variables for programs that do not read apt's configuration themselves. */
export async function proxyEnv(): Promise<NodeJS.ProcessEnv> {
  const { stdout } = await runCommand("apt-config", ["dump", "--format=%v%n", "Acquire::http::Proxy"]);
  const proxy = stdout.trim();
  return /^https?:/.test(proxy) ? { http_proxy: proxy, https_proxy: proxy } : {};
}

async function readSources(folder: string): Promise<AptSource[]> {
  const parts = await readdir(join(folder, "sources.list.d")).catch(() => []);
  const files = ["sources.list", ...parts.sort().map((name) => join("sources.list.d", name))];
  const found: AptSource[] = [];
  for (const file of files) {
    const text = await readFile(join(folder, file), "utf8").catch(() => "");
    if (file.endsWith(".list")) found.push(...parseOneLineSources(text));
    if (file.endsWith(".sources")) found.push(...parseDeb822Sources(text));
  }
  return found;
}

/** The binary archives of a `.list` file: lines like `deb [options] uri suite component…`. */
export function parseOneLineSources(text: string): AptSource[] {
  return text.split("\n").flatMap((line) => {
    const match = /^\s*deb\s+(?:\[[^\]]*\]\s*)?(\S+)\s+(\S+)\s*([^#]*)/.exec(line);
    const [, uri, suite, components = ""] = match ?? [];
    return uri && suite ? [{ uri, suites: [suite], components: words(components) }] : [];
  });
}

/** The enabled binary archives of a `.sources` file: stanzas of fields, parted by empty lines. */
export function parseDeb822Sources(text: string): AptSource[] {
  const withoutComments = text.replace(/^#.*\n?/gm, "");
  return withoutComments.split(/\n\s*\n/).flatMap((stanza) => {
    const field = (name: string) =>
      words(new RegExp(`^${name}:((?:.*)(?:\\n[ \\t].*)*)`, "im").exec(stanza)?.[1] ?? "");
    const disabled = ["no", "false", "0"].includes(field("Enabled")[0]?.toLowerCase() ?? "yes");
    if (disabled || !field("Types").includes("deb")) return [];
    const [suites, components] = [field("Suites"), field("Components")];
    return field("URIs").map((uri) => ({ uri, suites, components }));
  });
}

function words(text: string): string[] {
  return text.split(/\s+/).filter((word) => word !== "");
}
