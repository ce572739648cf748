import type { DashboardMetrics, Figure } from "@devora/metrics";
import { type Html, html } from "./html.ts";

type Card = [label: string, figure: Figure & { previous: Figure }, upIsGood?: boolean];

/** The figures with their definitions, and the charts that app.js draws. */
export function dashboardPage(dashboard: DashboardMetrics): Html {
  const {
    userMetrics: users,
    revenueMetrics: revenue,
    engagementMetrics: engagement,
    performanceMetrics: performance,
  } = dashboard;
  return html`
    <h1>Dashboard</h1>
    <p class="muted">As of ${dashboard.asOf.toISOString().slice(0, 16).replace("T", " ")} UTC, days of ${dashboard.timeZone}; arrows compare with the period before.</p>
    ${group("Users", [
      ["Users", users.totalUsers],
      ["New today", users.newUsersToday],
      ["Active in 30 days", users.activeUsersMonth],
      ["Active today", users.dailyActiveUsers],
      ["Stickiness", users.stickiness],
      ["Retention, 30 days", users.retentionRate30d],
    ])}
    ${group("Revenue", [
      ["Monthly recurring revenue", revenue.mrr],
      ["Yearly run rate", revenue.arr],
      ["Per customer", revenue.averageRevenuePerUser],
      ["Lifetime value", revenue.lifetimeValue],
      ["Customers", revenue.customers],
      ["Customer churn, 30 days", revenue.customerChurnRate30d, false],
    ])}
    ${group("Engagement", [
      ["Projects", engagement.totalProjects],
      ["Projects today", engagement.projectsCreatedToday],
      ["Conversations", engagement.totalConversations],
      ["Messages", engagement.totalMessages],
      ["Sessions, 30 days", engagement.sessions30d],
      ["Session length", engagement.averageSessionDurationMinutes],
    ])}
    ${group("Performance", [
      ["Query time, mean", performance.averageQueryTimeMs, false],
      ["Query time, p95", performance.p95QueryTimeMs, false],
      ["Error rate", performance.errorRate, false],
      ["Deployments that succeed", performance.deploymentSuccessRate],
      ["Generations that succeed", performance.codeGenerationSuccessRate],
    ])}
    <div class="charts">
      ${chart("activeUsers", "Active users a day")}
      ${chart("newUsers", "New users a day")}
      ${chart("messages", "Messages a day")}
      ${chart("mrrMinor", `Monthly recurring revenue of subscriptions in ${revenue.mrr.currency}`, revenue.mrr.currency)}
    </div>`;
}

const group = (title: string, cards: readonly Card[]): Html => html`
  <h2 class="group">${title}</h2>
  <div class="cards">${cards.map(card)}</div>`;

function card([label, figure, upIsGood = true]: Card): Html {
  return html`
    <div class="card">
      <span class="label">${label}</span>
      <span class="value">${formatFigure(figure)}</span>
      ${change(figure, upIsGood)}
      <details><summary>Definition</summary>${figure.definition}${figure.reason !== undefined && ` No value: ${figure.reason.replaceAll("_", " ")}.`}</details>
    </div>`;
}

function change(figure: Figure & { previous: Figure }, upIsGood: boolean): Html {
  const { value, previous } = figure;
  if (value === null || previous.value === null)
    return html`<span class="small muted">no earlier figure</span>`;
  const rises = value > previous.value;
  if (value === previous.value) return html`<span class="small muted">unchanged</span>`;
  return html`<span class="small ${rises === upIsGood ? "up" : "down"}">${rises ? "▲" : "▼"} from ${formatFigure(previous)}</span>`;
}

const number = new Intl.NumberFormat("en", { maximumFractionDigits: 1 });
const percent = new Intl.NumberFormat("en", { style: "percent", maximumFractionDigits: 1 });

/** A figure for people; a dash where there is none. */
export function formatFigure(figure: Figure): string {
  const { value, unit } = figure;
  if (value === null) return "–";
  if (unit === "ratio") return percent.format(value);
  if (unit === "milliseconds") return `${number.format(value)} ms`;
  if (unit === "minutes") return `${number.format(value)} min`;
  if ("amount" in figure && "currency" in figure) {
    return new Intl.NumberFormat("en", { style: "currency", currency: String(figure.currency) }).format(
      Number(figure.amount),
    );
  }
  return number.format(value);
}

const chart = (series: string, title: string, currency?: string): Html => html`
  <figure class="card"><figcaption>${title}</figcaption><div class="chart" data-series="${series}"${currency !== undefined && html` data-currency="${currency}"`} role="img" aria-label="${title}: a line chart of the last 90 days"></div></figure>`;
