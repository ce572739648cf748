import { type Html, html } from "./html.ts";

const examples = ["What happens to a search that finds nothing?", "Comment sécuriser une API REST ?"];

/** The chat; `unavailable` says why no model answers, when none does. */
export function chatPage(unavailable: string | undefined): Html {
  return html`
    <h1>Ask your own data</h1>
    ${unavailable !== undefined && html`<p class="note">${unavailable}</p>`}
    <div class="chat">
      <section>
        <div id="turns" aria-live="polite"></div>
        <form id="ask">
          <label class="hidden" for="message">Question</label>
          <textarea id="message" name="message" rows="2" maxlength="4000" required placeholder="Ask about your projects, files and conversations"></textarea>
          <button type="submit">Ask</button>
        </form>
        <p class="muted">Try ${examples.map((example) => html`<button type="button" class="example" data-question="${example}">${example}</button> `)}</p>
      </section>
      <aside aria-label="Sources">
        <h2>Sources</h2>
        <ol id="sources"><li class="muted">The passages that answer will be listed here.</li></ol>
      </aside>
    </div>`;
}
