import type { Definition, Unit } from "./figure.ts";

const define = (unit: Unit, definition: string): Definition => ({ unit, definition });

/** What each figure means. "Local" is in the call's time zone; "trailing n days" are n local days, the last one so far. */
export const definitions = {
  totalUsers: define("users", "Accounts created and not deleted."),
  newUsersToday: define("users", "Accounts created in the local day so far, also those deleted since."),
  newUsersThisMonth: define(
    "users",
    "Accounts created in the local calendar month so far, also those deleted since.",
  ),
  dailyActiveUsers: define("users", "People with an event that counts as activity in the local day so far."),
  weeklyActiveUsers: define(
    "users",
    "People with an event that counts as activity in the trailing 7 local days.",
  ),
  activeUsersMonth: define(
    "users",
    "People with an event that counts as activity in the trailing 30 local days, not in the calendar month.",
  ),
  stickiness: define(
    "ratio",
    "People active in the local day so far / people active in the trailing 30 local days.",
  ),
  retentionRate30d: define(
    "ratio",
    "Of the people active in the 30 local days before the trailing 30, the share active in the trailing 30.",
  ),
  activityChurnRate30d: define(
    "ratio",
    "Of the people active in the 30 local days before the trailing 30, the share not active in the trailing 30; not the loss of customers.",
  ),

  mrr: define(
    "minor",
    "Monthly recurring revenue: prices in force of active and past-due subscriptions, times quantity, less discount, per month (year/12, week*52/12, day*365/12). Without trials, tax and one-off charges.",
  ),
  arr: define("minor", "12 times the unrounded monthly recurring revenue: a run rate, not contracts."),
  averageRevenuePerUser: define("minor", "Monthly recurring revenue / customers who pay."),
  lifetimeValue: define(
    "minor",
    "Average revenue per user / customer churn rate of 30 days; without gross margin.",
  ),
  customers: define("customers", "Users whose recurring price in force is above 0."),
  customerChurnRate30d: define(
    "ratio",
    "Customers of 30 local days ago who are none now / customers of 30 local days ago.",
  ),

  totalProjects: define("projects", "Projects created and not deleted."),
  projectsCreatedToday: define(
    "projects",
    "Projects created in the local day so far, also those deleted since.",
  ),
  totalConversations: define("conversations", "Conversations started and not deleted."),
  conversationsStartedToday: define(
    "conversations",
    "Conversations started in the local day so far, also those deleted since.",
  ),
  totalMessages: define("messages", "Messages of every role, written and not deleted."),
  messagesWrittenToday: define(
    "messages",
    "Messages of every role written in the local day so far, also those deleted since.",
  ),
  sessions30d: define(
    "sessions",
    "Runs of one person's activity without a gap above 30 minutes, begun in the trailing 30 local days; not cut at midnight.",
  ),
  averageSessionDurationMinutes: define(
    "minutes",
    "From first to last event of the sessions of the trailing 30 local days; a session of one event lasts 0.",
  ),
  averageMultiEventSessionMinutes: define(
    "minutes",
    "From first to last event of the sessions of the trailing 30 local days that have more than one event.",
  ),

  averageQueryTimeMs: define(
    "milliseconds",
    "Mean duration_ms of search_performed in the trailing 30 local days.",
  ),
  p50QueryTimeMs: define(
    "milliseconds",
    "Median duration_ms of search_performed in the trailing 30 local days, interpolated.",
  ),
  p95QueryTimeMs: define(
    "milliseconds",
    "95th percentile of duration_ms of search_performed in the trailing 30 local days, interpolated.",
  ),
  averageRequestTimeMs: define(
    "milliseconds",
    "Mean duration_ms of request_completed in the trailing 30 local days.",
  ),
  p50RequestTimeMs: define(
    "milliseconds",
    "Median duration_ms of request_completed in the trailing 30 local days, interpolated.",
  ),
  p95RequestTimeMs: define(
    "milliseconds",
    "95th percentile of duration_ms of request_completed in the trailing 30 local days, interpolated.",
  ),
  errorRate: define(
    "ratio",
    "request_completed with status >= 500 / request_completed with a status, trailing 30 local days.",
  ),
  deploymentSuccessRate: define(
    "ratio",
    "Deployments started in the trailing 30 local days: succeeded / (succeeded + failed); unfinished and canceled ones left out.",
  ),
  codeGenerationSuccessRate: define(
    "ratio",
    "code_generated / (code_generated + code_generation_failed) in the trailing 30 local days.",
  ),

  cohortCell: define(
    "ratio",
    "Of the users who signed up on the local day, the share with an event that counts as activity on the n-th local day after it.",
  ),
} satisfies Record<string, Definition>;
