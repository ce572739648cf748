import type { CurrentUser } from "../http/user.ts";
import { type Content, type Html, html } from "./html.ts";

export interface PageOptions {
  title: string;
  path: "/" | "/chat" | "/dashboard";
  user: CurrentUser;
  /** Whom the demo lets you be. */
  people: readonly { id: string; displayName: string; role: string }[];
  body: Content;
}

const pages = [
  ["/", "Search"],
  ["/chat", "Chat"],
  ["/dashboard", "Dashboard"],
] as const;

/** The frame of every page. */
export function page({ title, path, user, people, body }: PageOptions): Html {
  return html`<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>${title} · Devora Data</title>
    <link rel="icon" href="/assets/icon.svg">
    <link rel="stylesheet" href="/assets/uplot.css">
    <link rel="stylesheet" href="/assets/app.css">
    <script src="/assets/htmx.js" defer></script>
    <script src="/assets/uplot.js" defer></script>
    <script src="/assets/app.js" defer></script>
  </head>
  <body>
    <a class="skip" href="#main">Skip to content</a>
    <header>
      <a class="brand" href="/">Devora Data</a>
      <nav aria-label="Pages">
        ${pages.map(([href, label]) => html`<a href="${href}"${href === path && html` aria-current="page"`}>${label}</a>`)}
      </nav>
      <form class="person" method="post" action="/demo/user">
        <label for="user">Demo only: you are</label>
        <select id="user" name="userId">
          ${people.map(({ id, displayName, role }) => html`<option value="${id}"${id === user.id && html` selected`}>${displayName}${role === "admin" && " (admin)"}</option>`)}
        </select>
        <input type="hidden" name="back" value="${path}">
        <button type="submit">Switch</button>
      </form>
    </header>
    <main id="main">${body}</main>
  </body>
</html>`;
}
