import { once } from "node:events";
import type { AddressInfo } from "node:net";
import type { Database } from "@devora/db-schema";
import { installSearch } from "@devora/search";
import { afterAll, beforeAll, expect } from "vitest";
import { createApp, type HostState } from "../../src/app.ts";
import type { HostOptions } from "../../src/options.ts";
import { searchSources } from "../../src/search-sources.ts";
import { createServices, type Services } from "../../src/services.ts";

export const noModel: HostOptions["openai"] = {
  apiKey: undefined,
  baseUrl: undefined,
  chatModel: "test-model",
  embeddingModel: undefined,
};

export interface TestHost {
  services: Services;
  /** A request as a user; the body, when there is one, goes as JSON. */
  call(
    method: string,
    path: string,
    options?: { user?: string; body?: unknown; headers?: Record<string, string> },
  ): Promise<Response>;
  /** Errors that the host would have logged. */
  logged: unknown[];
}

/** The application over HTTP on loopback for as long as a test file runs. */
export function useTestHost(
  database: { db: Database },
  openai: () => HostOptions["openai"] = () => noModel,
): TestHost {
  const state: HostState = {};
  const logged: unknown[] = [];
  let url = "";
  let close = async () => {};
  beforeAll(async () => {
    await installSearch(database.db, searchSources);
    state.services = createServices(database.db, {
      openai: openai(),
      queryLog: { mode: "full", onError: (error) => logged.push(error) },
    });
    const server = createApp({ state, log: (error) => logged.push(error) }).listen(0, "127.0.0.1");
    await once(server, "listening");
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    close = async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    };
  });
  afterAll(async () => {
    await close();
    await state.services?.search.close();
    expect(logged).toEqual([]);
  });
  return {
    logged,
    get services() {
      if (!state.services) throw new Error("the host is open within tests and hooks alone");
      return state.services;
    },
    call: (method, path, { user, body, headers = {} } = {}) =>
      fetch(url + path, {
        method,
        redirect: "manual",
        headers: {
          ...(user === undefined ? {} : { "x-demo-user": user }),
          ...(body === undefined ? {} : { "content-type": "application/json" }),
          ...headers,
        },
        ...(body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) }),
      }),
  };
}
