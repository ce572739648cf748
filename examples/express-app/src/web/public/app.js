// Completion of the search box, the streaming chat, and the charts. No build step: this file is served as it is.

const element = (name, properties = {}, ...children) => {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children);
  return made;
};

const kindNames = { query: "searched before", word: "word" };

/** A combobox: arrow keys choose a suggestion, Enter or a click searches for it, Escape closes the list. */
function completeSearch(input) {
  const list = document.getElementById("suggestions");
  let timer;
  let latest = 0;
  const options = () => [...list.children];
  const chosen = () => list.querySelector("[aria-selected=true]");
  const choose = (option) => {
    for (const other of options()) other.setAttribute("aria-selected", other === option);
    if (option) input.setAttribute("aria-activedescendant", option.id);
    else input.removeAttribute("aria-activedescendant");
  };
  const show = (suggestions) => {
    list.replaceChildren(
      ...suggestions.map(({ kind, type, text }, index) => {
        const kindName = element("span", { className: "muted", textContent: kindNames[kind] ?? type });
        const option = element(
          "li",
          { id: `suggestion-${index}`, role: "option" },
          element("span", {}, text),
          kindName,
        );
        option.dataset.text = text;
        return option;
      }),
    );
    list.hidden = suggestions.length === 0;
    input.setAttribute("aria-expanded", !list.hidden);
    choose(undefined);
  };
  const close = () => {
    clearTimeout(timer);
    latest += 1;
    show([]);
  };
  const accept = (option) => {
    input.value = option.dataset.text;
    close();
    input.form.requestSubmit();
  };
  const complete = async (query) => {
    const turn = ++latest;
    if (query.trim().length < 2) return show([]);
    const response = await fetch(`/api/search/suggestions?q=${encodeURIComponent(query)}`);
    if (!response.ok) return;
    const { suggestions } = await response.json();
    if (turn === latest) show(suggestions);
  };
  input.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(complete, 150, input.value);
  });
  input.addEventListener("keydown", (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    const option = chosen();
    if (event.key === "Escape" && !list.hidden) event.preventDefault();
    if (event.key === "Escape") close();
    else if (event.key === "Enter" && option) {
      event.preventDefault();
      accept(option);
    } else if (step && !list.hidden) {
      event.preventDefault();
      // One place before the first is none: what was typed.
      const places = [undefined, ...options()];
      choose(places.at((places.indexOf(option ?? undefined) + step) % places.length));
    }
  });
  input.addEventListener("blur", close);
  list.addEventListener("mousedown", (event) => event.preventDefault());
  list.addEventListener("click", (event) => {
    const option = event.target.closest("[role=option]");
    if (option) accept(option);
  });
}

/** Calls `on[event](data)` for each event of a server-sent stream. */
async function readEvents(response, on) {
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let pending = "";
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    pending += value;
    const events = pending.split("\n\n");
    pending = events.pop();
    for (const event of events) {
      const name = /^event: (.*)$/m.exec(event)?.[1];
      const data = /^data: (.*)$/m.exec(event)?.[1];
      if (name && data) on[name]?.(JSON.parse(data));
    }
  }
}

function showSources(contexts) {
  const list = document.getElementById("sources");
  if (contexts.length === 0)
    return list.replaceChildren(
      element("li", { className: "muted", textContent: "No passage fits the question." }),
    );
  list.replaceChildren(
    ...contexts.map((context) =>
      element(
        "li",
        { id: `source-${context.n}` },
        element(
          "details",
          {},
          element(
            "summary",
            { textContent: `${context.title || context.sourceType} ` },
            element("span", {
              className: "muted",
              textContent: `${context.sourceType} · ${context.relevanceScore.toFixed(3)}`,
            }),
          ),
          element("div", { className: "passage", textContent: context.text }),
        ),
      ),
    ),
  );
}

function startChat(form) {
  const turns = document.getElementById("turns");
  const button = form.querySelector("button");
  let conversationId;

  const addTurn = (role, text, className) => {
    const body = element("span", { textContent: text });
    turns.append(
      element(
        "div",
        { className: `turn ${className}` },
        element("span", { className: "role", textContent: role }),
        body,
      ),
    );
    return body;
  };

  const ask = async (message) => {
    addTurn("You", message, "question");
    const answer = addTurn("Answer", "…", "answer");
    button.disabled = true;
    let text = "";
    try {
      const response = await fetch("/api/chat", {
        method: "POST",
        headers: { "content-type": "application/json", accept: "text/event-stream" },
        body: JSON.stringify({ message, ...(conversationId ? { conversationId } : {}) }),
      });
      if (!response.ok) {
        answer.textContent = (await response.json()).detail;
        return;
      }
      await readEvents(response, {
        sources: ({ contexts, conversationId: id }) => {
          conversationId = id;
          showSources(contexts);
        },
        text: (part) => {
          text += part.text;
          answer.textContent = text;
        },
        notice: ({ text: notice }) => {
          answer.textContent = notice;
        },
        failure: ({ detail }) => {
          answer.textContent = `${text}\n${detail}`.trim();
        },
      });
    } catch {
      answer.textContent = `${text}\nThe connection broke. Ask again.`.trim();
    } finally {
      button.disabled = false;
    }
  };

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const message = form.message.value.trim();
    if (message === "" || button.disabled) return;
    form.reset();
    void ask(message);
  });
  form.message.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && !event.shiftKey) {
      event.preventDefault();
      form.requestSubmit();
    }
  });
  for (const example of document.querySelectorAll(".example")) {
    example.addEventListener("click", () => {
      form.message.value = example.dataset.question;
      form.requestSubmit();
    });
  }
}

async function drawCharts(charts) {
  const response = await fetch("/api/dashboard/trends?days=90");
  if (!response.ok) return;
  const days = (await response.json()).days.filter((day) => !day.partial);
  const seconds = days.map((day) => Date.parse(`${day.date}T00:00:00Z`) / 1000);
  const ink = getComputedStyle(document.body);
  const axis = {
    stroke: ink.getPropertyValue("--muted"),
    grid: { stroke: ink.getPropertyValue("--line"), width: 1 },
    ticks: { stroke: ink.getPropertyValue("--line") },
  };
  for (const chart of charts) {
    const { series, currency } = chart.dataset;
    const values = days.map((day) => (currency ? (day[series][currency] ?? 0) / 100 : day[series]));
    const plot = new uPlot(
      {
        width: chart.clientWidth,
        height: 200,
        tzDate: (timestamp) => uPlot.tzDate(new Date(timestamp * 1000), "Etc/UTC"),
        series: [
          {},
          {
            label: series,
            stroke: ink.getPropertyValue("--accent"),
            width: 2,
            fill: `${ink.getPropertyValue("--accent")}22`,
            points: { show: false },
          },
        ],
        axes: [axis, { ...axis, size: 60 }],
        legend: { show: false },
      },
      [seconds, values],
      chart,
    );
    new ResizeObserver(() => plot.setSize({ width: chart.clientWidth, height: 200 })).observe(chart);
  }
}

const search = document.getElementById("q");
if (search) completeSearch(search);
const ask = document.getElementById("ask");
if (ask) startChat(ask);
const charts = document.querySelectorAll(".chart");
if (charts.length > 0) void drawCharts(charts);
