import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { chromium, type Page } from "playwright-core";

/** Pictures of the running demo for the README: `node scripts/screenshots.ts [url]`. Needs Debian's chromium. */

const url = process.argv[2] ?? "http://127.0.0.1:3000";
const folder = join(import.meta.dirname, "../../../docs/images");
mkdirSync(folder, { recursive: true });

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: [
    "--no-sandbox",
    "--disable-dev-shm-usage",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
  ],
});
const complaints: string[] = [];

async function shoot(
  name: string,
  prepare: (page: Page) => Promise<unknown>,
  options: { dark?: boolean; phone?: boolean; whole?: boolean } = {},
): Promise<void> {
  const page = await browser.newPage({
    viewport: options.phone ? { width: 390, height: 844 } : { width: 1180, height: 820 },
    colorScheme: options.dark ? "dark" : "light",
  });
  page.on(
    "console",
    (message) => message.type() === "error" && complaints.push(`${name}: ${message.text()}`),
  );
  page.on("pageerror", (error) => complaints.push(`${name}: ${error.message}`));
  await prepare(page);
  await page.screenshot({ path: join(folder, `${name}.png`), fullPage: options.whole ?? false });
  await page.close();
  console.log(`${name}.png`);
}

async function search(page: Page): Promise<void> {
  await page.goto(url);
  await page.locator("#q").pressSequentially("row level security");
  await page.locator("#q").press("Enter");
  await page.waitForURL(/q=/);
  await page.locator("#results mark").first().waitFor();
}

async function ask(page: Page): Promise<void> {
  await page.goto(`${url}/chat`);
  await page.locator("#message").fill("How do I scope queries to one user?");
  await page.getByRole("button", { name: "Ask", exact: true }).click();
  await page.locator("#sources details").first().waitFor();
  await page.locator("#sources summary").first().click();
}

async function dashboard(page: Page): Promise<void> {
  await page.goto(`${url}/dashboard`);
  await page.locator(".chart canvas").nth(3).waitFor();
}

await shoot("search", search);
await shoot("chat", ask);
await shoot("dashboard", dashboard, { whole: true });
await shoot("dashboard-dark", dashboard, { dark: true, whole: true });
await shoot("search-phone", search, { phone: true });
await browser.close();
if (complaints.length > 0) {
  console.error(complaints.join("\n"));
  process.exitCode = 1;
}
