import { createHash } from "node:crypto";
import { basename } from "node:path/posix";
import { newId, projectFiles, projects, withUser } from "@devora/db-schema";
import { and, asc, desc, eq, isNull } from "drizzle-orm";
import { Router } from "express";
import { z } from "zod";
import { programmingLanguageOf, textLanguageOf } from "../../demo/languages.ts";
import type { Services } from "../../services.ts";
import { input, pageSize, pathId, text } from "../input.ts";
import { notFound } from "../problem.ts";
import { currentUser } from "../user.ts";

const projectBody = z.strictObject({
  name: text(200),
  description: text(5000, 0).default(""),
  projectType: text(40).default("web"),
  language: z.enum(["fr", "en", "simple"]).optional(),
});
// Not projectBody.partial(): its defaults would overwrite what the patch leaves out.
const projectPatch = z
  .strictObject({
    name: text(200).optional(),
    description: text(5000, 0).optional(),
    projectType: text(40).optional(),
    language: z.enum(["fr", "en", "simple"]).optional(),
    status: z.enum(["active", "archived"]).optional(),
  })
  .refine((patch) => Object.keys(patch).length > 0, "name at least one field to change");
const fileBody = z.strictObject({
  path: text(1024).refine((path) => Buffer.byteLength(path) <= 1024, "must be at most 1,024 bytes"),
  content: z
    .string()
    .max(2_000_000)
    .refine(
      (value) => !value.includes("\u0000") && value.isWellFormed(),
      "must hold neither U+0000 nor half of a surrogate pair",
    ),
});

const columns = {
  id: projects.id,
  name: projects.name,
  description: projects.description,
  projectType: projects.projectType,
  status: projects.status,
  language: projects.language,
  createdAt: projects.createdAt,
  updatedAt: projects.updatedAt,
};
const live = isNull(projects.deletedAt);

/** A user's projects and their files. */
export function projectRoutes({ db, analytics, embeddings }: Services): Router {
  const router = Router();

  router.get("/projects", async (request, response) => {
    const { limit } = input(request, "query", z.object({ limit: pageSize(20) }));
    const userId = currentUser(request).id;
    const rows = await withUser(
      db,
      userId,
      (tx) =>
        tx
          .select(columns)
          .from(projects)
          .where(and(eq(projects.userId, userId), live))
          .orderBy(desc(projects.createdAt), desc(projects.id))
          .limit(limit),
      { readOnly: true },
    );
    response.json({ projects: rows });
  });

  router.post("/projects", async (request, response) => {
    const body = input(request, "body", projectBody);
    const userId = currentUser(request).id;
    const project = await withUser(db, userId, async (tx) => {
      const [row] = await tx
        .insert(projects)
        .values({
          ...body,
          id: newId(),
          userId,
          language: body.language ?? textLanguageOf(`${body.name} ${body.description}`),
        })
        .returning(columns);
      if (!row) throw new Error("insert … returning answered no row");
      // Both commit with the project, or not at all.
      await analytics.trackProjectCreated(
        { userId, projectId: row.id, projectName: row.name, projectType: row.projectType },
        { db: tx },
      );
      await embeddings.enqueue({ source: "projects", ids: [row.id], ownerId: userId }, { db: tx });
      return row;
    });
    response.status(201).location(`/api/projects/${project.id}`).json(project);
  });

  router.get("/projects/:id", async (request, response) => {
    const projectId = pathId(request, "project");
    const [project] = await withUser(
      db,
      currentUser(request).id,
      (tx) =>
        tx
          .select(columns)
          .from(projects)
          .where(and(eq(projects.id, projectId), live)),
      { readOnly: true },
    );
    if (!project) throw notFound("project");
    response.json(project);
  });

  router.patch("/projects/:id", async (request, response) => {
    const projectId = pathId(request, "project");
    const body = input(request, "body", projectPatch);
    const userId = currentUser(request).id;
    const project = await withUser(db, userId, async (tx) => {
      const changes = Object.fromEntries(Object.entries(body).filter(([, value]) => value !== undefined));
      const [row] = await tx
        .update(projects)
        .set(changes)
        .where(and(eq(projects.id, projectId), live))
        .returning(columns);
      if (row) await embeddings.enqueue({ source: "projects", ids: [row.id], ownerId: userId }, { db: tx });
      return row;
    });
    if (!project) throw notFound("project");
    response.json(project);
  });

  router.delete("/projects/:id", async (request, response) => {
    const projectId = pathId(request, "project");
    const userId = currentUser(request).id;
    const [gone] = await withUser(db, userId, async (tx) => {
      // The files go with their project by a trigger, which waits for files that are being put.
      const rows = await tx
        .update(projects)
        .set({ deletedAt: new Date() })
        .where(and(eq(projects.id, projectId), live))
        .returning({ id: projects.id, deletedAt: projects.deletedAt });
      const [project] = rows;
      if (!project?.deletedAt) return rows;
      const files = await tx
        .select({ id: projectFiles.id })
        .from(projectFiles)
        .where(
          and(
            eq(projectFiles.userId, userId),
            eq(projectFiles.projectId, projectId),
            eq(projectFiles.deletedAt, project.deletedAt),
          ),
        );
      await embeddings.enqueue({ source: "projects", ids: [projectId], ownerId: userId }, { db: tx });
      if (files.length > 0)
        await embeddings.enqueue(
          { source: "files", ids: files.map((file) => file.id), ownerId: userId },
          { db: tx },
        );
      return rows;
    });
    if (!gone) throw notFound("project");
    response.status(204).end();
  });

  router.get("/projects/:id/files", async (request, response) => {
    const projectId = pathId(request, "project");
    const { limit } = input(request, "query", z.object({ limit: pageSize(100, 1000) }));
    const userId = currentUser(request).id;
    const files = await withUser(
      db,
      userId,
      async (tx) => {
        const [project] = await tx
          .select({ id: projects.id })
          .from(projects)
          .where(and(eq(projects.id, projectId), live));
        if (!project) throw notFound("project");
        return tx
          .select({
            id: projectFiles.id,
            path: projectFiles.path,
            programmingLanguage: projectFiles.programmingLanguage,
            sizeBytes: projectFiles.sizeBytes,
            updatedAt: projectFiles.updatedAt,
          })
          .from(projectFiles)
          .where(
            and(
              eq(projectFiles.userId, userId),
              eq(projectFiles.projectId, projectId),
              isNull(projectFiles.deletedAt),
            ),
          )
          .orderBy(asc(projectFiles.path), asc(projectFiles.id))
          .limit(limit);
      },
      { readOnly: true },
    );
    response.json({ files });
  });

  router.put("/projects/:id/files", async (request, response) => {
    const projectId = pathId(request, "project");
    const { path, content } = input(request, "body", fileBody);
    const userId = currentUser(request).id;
    const facts = {
      content,
      contentHash: createHash("sha256").update(content).digest("hex"),
      sizeBytes: Buffer.byteLength(content),
      language: textLanguageOf(content),
      programmingLanguage: programmingLanguageOf(basename(path)),
    };
    const file = await withUser(db, userId, async (tx) => {
      const [project] = await tx
        .select({ id: projects.id })
        .from(projects)
        .where(and(eq(projects.id, projectId), live))
        // Holds off a delete of the project until the file is there to go with it.
        .for("share");
      if (!project) throw notFound("project");
      const [row] = await tx
        .insert(projectFiles)
        .values({ id: newId(), userId, projectId, path, ...facts })
        .onConflictDoUpdate({
          target: [projectFiles.userId, projectFiles.projectId, projectFiles.path],
          targetWhere: isNull(projectFiles.deletedAt),
          set: facts,
        })
        .returning({
          id: projectFiles.id,
          path: projectFiles.path,
          programmingLanguage: projectFiles.programmingLanguage,
          sizeBytes: projectFiles.sizeBytes,
        });
      if (!row) throw new Error("insert … returning answered no row");
      await embeddings.enqueue({ source: "files", ids: [row.id], ownerId: userId }, { db: tx });
      return row;
    });
    response.json(file);
  });

  router.get("/files/:id", async (request, response) => {
    const fileId = pathId(request, "file");
    const [file] = await withUser(
      db,
      currentUser(request).id,
      (tx) =>
        tx
          .select({
            id: projectFiles.id,
            projectId: projectFiles.projectId,
            path: projectFiles.path,
            programmingLanguage: projectFiles.programmingLanguage,
            sizeBytes: projectFiles.sizeBytes,
            content: projectFiles.content,
          })
          .from(projectFiles)
          .where(and(eq(projectFiles.id, fileId), isNull(projectFiles.deletedAt))),
      { readOnly: true },
    );
    if (!file) throw notFound("file");
    response.json(file);
  });

  return router;
}
