import { drop, keep } from "./define-catalogue.ts";
import { count, durationMs, fieldNames, id, label, text } from "./property-schemas.ts";

const file = {
  project_id: keep(id),
  file_id: keep(id.nullish()),
  path: drop(text.nullish()),
  code_language: keep(label.nullish()),
  size_bytes: keep(count.nullish()),
};
const deployment = { deployment_id: keep(id), project_id: keep(id), provider: keep(label.nullish()) };

/** What becomes of projects: their files and their deployments. */
export const projectEvents = {
  project_created: {
    description: "A user made a project.",
    countsAsActivity: true,
    properties: {
      project_id: keep(id),
      project_name: drop(text.nullish()),
      project_type: keep(label.nullish()),
      template: keep(label.nullish()),
    },
  },
  project_updated: {
    description: "A user changed a project's own fields.",
    countsAsActivity: true,
    properties: { project_id: keep(id), fields: keep(fieldNames.nullish()) },
  },
  project_archived: {
    description: "A user put a project aside.",
    countsAsActivity: true,
    properties: { project_id: keep(id) },
  },
  project_deleted: {
    description: "A user deleted a project.",
    countsAsActivity: true,
    properties: { project_id: keep(id), project_type: keep(label.nullish()) },
  },
  project_shared: {
    description: "A user gave others access to a project.",
    countsAsActivity: true,
    properties: { project_id: keep(id), visibility: keep(label.nullish()) },
  },
  project_exported: {
    description: "A user took a copy of a project out.",
    countsAsActivity: true,
    properties: { project_id: keep(id), format: keep(label.nullish()) },
  },
  file_created: {
    description: "A file was added to a project.",
    countsAsActivity: true,
    properties: file,
  },
  file_updated: {
    description: "A file of a project was changed.",
    countsAsActivity: true,
    properties: file,
  },
  file_deleted: {
    description: "A file of a project was deleted.",
    countsAsActivity: true,
    properties: file,
  },
  file_uploaded: {
    description: "A user uploaded a file.",
    countsAsActivity: true,
    properties: { ...file, mime_type: keep(label.nullish()) },
  },
  deployment_started: {
    description: "A user set a deployment going.",
    countsAsActivity: true,
    properties: deployment,
  },
  deployment_succeeded: {
    description: "A deployment is up.",
    properties: { ...deployment, duration_ms: keep(durationMs.nullish()), url: drop(text.nullish()) },
  },
  deployment_failed: {
    description: "A deployment did not come up.",
    properties: {
      ...deployment,
      duration_ms: keep(durationMs.nullish()),
      error_code: keep(label.nullish()),
      error_message: drop(text.nullish()),
    },
  },
  deployment_canceled: {
    description: "A deployment was stopped before its end.",
    countsAsActivity: true,
    properties: { ...deployment, duration_ms: keep(durationMs.nullish()) },
  },
} as const;
