import { pick } from "../random.ts";
import { type FileContext, type FileTemplate, some } from "./template.ts";

const functions: readonly ((c: FileContext) => string)[] = [
  ({ entity: e }) => `
    def archive_${e.snake}(self, ${e.snake}_id: UUID) -> None:
        self.session.execute(
            text("update ${e.snakePlural} set archived_at = now() where id = :id"), {"id": ${e.snake}_id}
        )
`,
  ({ entity: e }) => `
    def count_${e.snakePlural}(self, user_id: UUID) -> int:
        query = text("select count(*) from ${e.snakePlural} where user_id = :user_id")
        return self.session.scalar(query, {"user_id": user_id}) or 0
`,
  ({ entity: e }) => `
    def latest_${e.snake}(self, user_id: UUID) -> ${e.pascal} | None:
        rows = self.list_${e.snakePlural}(user_id, limit=1)
        return rows[0] if rows else None
`,
  ({ entity: e, other: o }) => `
    def link_${o.snake}(self, ${e.snake}_id: UUID, ${o.snake}_id: UUID) -> None:
        self.session.execute(
            text("insert into ${e.snake}_${o.snakePlural} (${e.snake}_id, ${o.snake}_id) values (:left, :right)"),
            {"left": ${e.snake}_id, "right": ${o.snake}_id},
        )
`,
];

const repository: FileTemplate = {
  path: ({ entity }) => `app/repositories/${entity.snake}_repository.py`,
  programmingLanguage: "python",
  content: (c) => {
    const { entity: e, fields, random } = c;
    return `"""Reads and writes ${e.en}."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session


@dataclass(frozen=True)
class ${e.pascal}:
    id: UUID
    user_id: UUID
${fields.map((f) => `    ${f.snake}: ${f.python}`).join("\n")}
    created_at: datetime


class ${e.pascal}Repository:
    def __init__(self, session: Session) -> None:
        self.session = session

    def list_${e.snakePlural}(self, user_id: UUID, limit: int = ${pick(random, [20, 50, 100])}) -> list[${e.pascal}]:
        query = text(
            "select * from ${e.snakePlural} where user_id = :user_id order by created_at desc, id desc limit :limit"
        )
        rows = self.session.execute(query, {"user_id": user_id, "limit": limit})
        return [${e.pascal}(**row) for row in rows.mappings()]

    def get_${e.snake}(self, ${e.snake}_id: UUID) -> ${e.pascal} | None:
        row = self.session.execute(
            text("select * from ${e.snakePlural} where id = :id"), {"id": ${e.snake}_id}
        ).mappings().first()
        return ${e.pascal}(**row) if row else None
${some(random, functions, 3)
  .map((part) => part(c))
  .join("")}`;
  },
};

const api: FileTemplate = {
  path: ({ entity }) => `app/api/${entity.snakePlural}.py`,
  programmingLanguage: "python",
  content: ({ entity: e, fields }) => `"""HTTP routes for ${e.en}."""

from uuid import UUID

from fastapi import APIRouter, Depends, HTTPException
from pydantic import BaseModel

from app.auth import current_user
from app.repositories.${e.snake}_repository import ${e.pascal}Repository, get_repository

router = APIRouter(prefix="/${e.kebabPlural}", tags=["${e.en}"])


class ${e.pascal}Create(BaseModel):
${fields.map((f) => `    ${f.snake}: ${f.python}`).join("\n")}


@router.get("/")
def list_${e.snakePlural}(user=Depends(current_user), repository: ${e.pascal}Repository = Depends(get_repository)):
    return {"${e.snakePlural}": repository.list_${e.snakePlural}(user.id)}


@router.get("/{${e.snake}_id}")
def read_${e.snake}(${e.snake}_id: UUID, user=Depends(current_user), repository=Depends(get_repository)):
    ${e.snake} = repository.get_${e.snake}(${e.snake}_id)
    if ${e.snake} is None or ${e.snake}.user_id != user.id:
        raise HTTPException(status_code=404, detail="${e.snake}_not_found")
    return ${e.snake}
`,
};

const job: FileTemplate = {
  path: ({ entity }) => `app/jobs/${entity.snake}_digest.py`,
  programmingLanguage: "python",
  content: ({ entity: e, other: o, random }) => `"""Sends every owner a digest of the ${e.en} of the day."""

import logging
from datetime import datetime, timedelta, timezone

from app.database import session_scope
from app.mailer import send_mail

logger = logging.getLogger("${e.snake}_digest")
BATCH_SIZE = ${pick(random, [50, 100, 200])}


def pending_${e.snakePlural}(session, since: datetime):
    return session.execute(
        """
        select user_id, count(*) as ${e.snake}_count
        from ${e.snakePlural}
        where created_at >= :since
        group by user_id
        order by user_id
        """,
        {"since": since},
    ).all()


def run(now: datetime | None = None) -> int:
    now = now or datetime.now(timezone.utc)
    sent = 0
    with session_scope() as session:
        for user_id, ${e.snake}_count in pending_${e.snakePlural}(session, now - timedelta(days=1)):
            send_mail(user_id, template="${e.snake}_digest", ${e.snake}_count=${e.snake}_count)
            sent += 1
    logger.info("digest sent", extra={"sent": sent, "${o.snake}_batch": BATCH_SIZE})
    return sent
`,
};

export const pythonTemplates: readonly FileTemplate[] = [repository, api, job];
