import { request } from "node:http";
import { networkInterfaces } from "node:os";
import { describe, expect, test } from "vitest";
import { startEmbeddedCoordinator } from "../../../plugins/embedded-coordinator/src/index.ts";
import { ECHO_ID, ECHO_RUN, ECHO_RUNNER, POLL, started } from "./client.ts";

describe("an answer", () => {
  test("says what it comes from", async () => {
    const coordinator = await started();
    const { headers, body } = await coordinator.get("/health");
    expect(body).toEqual({ status: "healthy" });
    expect(headers.get("server")).toContain("for development, demos and tests");
  });

  test("is 404 for an unknown path", async () => {
    const coordinator = await started();
    for (const path of ["/", "/nothing", "/sessions/a/b/c"]) {
      expect(await coordinator.get(path)).toMatchObject({ status: 404, body: { detail: "Not Found" } });
    }
  });

  test("is 405 for a wrong method", async () => {
    const coordinator = await started();
    const answer = await coordinator.post("/health", {});
    expect(answer).toMatchObject({ status: 405, body: { detail: "Method Not Allowed" } });
    expect(answer.headers.get("allow")).toBe("GET");
    expect((await coordinator.get("/runner/register")).headers.get("allow")).toBe("POST");
    expect((await fetch(`${coordinator.url}/health`, { method: "HEAD" })).status).toBe(405);
  });

  test("is 307 for a superfluous slash", async () => {
    const coordinator = await started();
    const answer = await coordinator.get("/runs/?status=pending");
    expect(answer.status).toBe(307);
    expect(answer.headers.get("location")).toBe(`${coordinator.url}/runs?status=pending`);
    expect((await coordinator.get("/nothing/")).status).toBe(404);
  });

  test("is 422 for a body that is no JSON", async () => {
    const coordinator = await started();
    const answer = await coordinator.postText("/runs", '{"type": nope}');
    expect(answer.status).toBe(422);
    expect(JSON.parse(answer.text)).toMatchObject({
      detail: [{ type: "json_invalid", loc: ["body", expect.any(Number)], input: {} }],
    });
  });

  test.each(["text/plain", "application/x-www-form-urlencoded", ""])(
    "is 422 for a body declared as %j",
    async (contentType) => {
      const coordinator = await started();
      const answer = await coordinator.postText("/runs", JSON.stringify(ECHO_RUN), contentType);
      expect(answer.status).toBe(422);
      expect(JSON.parse(answer.text)).toMatchObject({ detail: [{ type: "model_attributes_type", loc: ["body"] }] });
      expect((await coordinator.get("/runs")).body).toEqual({ runs: [] });
    },
  );

  test.each(["[]", "3", '"text"', "null"])("is 422 for the body %s", async (body) => {
    const coordinator = await started();
    expect((await coordinator.postText("/runner/heartbeat", body)).status).toBe(422);
  });

  test("is 422 for a missing body", async () => {
    const coordinator = await started();
    expect((await coordinator.post("/runs")).body).toEqual({
      detail: [{ type: "missing", loc: ["body"], msg: "Field required", input: null }],
    });
    expect((await coordinator.postText("/runs", "")).status).toBe(422);
  });

  test("is 413 for a body over the limit", async () => {
    const coordinator = await started({ bodyLimitBytes: 100 });
    expect((await coordinator.postText("/runs", `"${"x".repeat(200)}"`)).status).toBe(413);
  });

  test("is plain text for a fault of the coordinator", async () => {
    let fails = false;
    const now = () => {
      if (!fails) return 0;
      fails = false;
      throw new Error("This clock has stopped");
    };
    const coordinator = await started({}, { now });
    fails = true;
    const answer = await fetch(`${coordinator.url}/runners`);
    expect(answer.status).toBe(500);
    expect(answer.headers.get("content-type")).toContain("text/plain");
    expect(await answer.text()).toBe("Internal Server Error");
  });

  test("is refused to a name that is not loopback", async () => {
    const coordinator = await started();
    expect(await statusFor(coordinator.port, "rebound.example.org")).toBe(421);
    expect(await statusFor(coordinator.port, `localhost:${coordinator.port}`)).toBe(200);
  });

  const hasIpv6 = Object.values(networkInterfaces()).some((addresses) =>
    addresses?.some(({ address }) => address === "::1"),
  );
  test.runIf(hasIpv6)("is given over IPv6 too", async () => {
    const coordinator = await started({ host: "::1" });
    expect(coordinator.url).toBe(`http://[::1]:${coordinator.port}`);
    expect((await coordinator.get("/health")).status).toBe(200);
  });

  test("is the guard's when the guard refuses", async () => {
    const coordinator = await started(
      {},
      {
        guard: async ({ url, headers }) =>
          url === "/health" || headers.authorization === "Bearer x" ? undefined : { status: 401, detail: "no" },
      },
    );
    expect((await coordinator.get("/health")).status).toBe(200);
    expect(await coordinator.post("/runs", ECHO_RUN)).toMatchObject({ status: 401, body: { detail: "no" } });
    const known = await fetch(`${coordinator.url}/runs`, { headers: { authorization: "Bearer x" } });
    expect(known.status).toBe(200);
  });
});

describe("a coordinator", () => {
  test("refuses wrong options", async () => {
    await expect(startEmbeddedCoordinator({ host: "0.0.0.0" })).rejects.toThrow("allowRemote");
  });

  test("says which port is taken and what to do", async () => {
    const { port } = await started();
    await expect(startEmbeddedCoordinator({ port })).rejects.toThrow(
      new RegExp(`cannot listen on 127.0.0.1:${port}: .*EADDRINUSE.*Choose another port`),
    );
  });

  test("logs where it listens and what it is for", async () => {
    const lines: string[] = [];
    const { url } = await started({}, { log: (line) => lines.push(line) });
    expect(lines).toEqual([`Embedded coordinator for development, demos and tests listening on ${url}`]);
  });

  test("shares nothing with another in the same process", async () => {
    const [one, other] = [await started(), await started()];
    await one.post("/runner/register", ECHO_RUNNER);
    expect((await other.get(POLL)).status).toBe(401);
    expect((await other.post("/runner/register", ECHO_RUNNER)).body).toMatchObject({ runner_id: ECHO_ID });
    expect(other.record).toHaveLength(2);
  });

  test("ends open polls and streams at once when it closes", async () => {
    const coordinator = await started({ pollTimeoutSeconds: 1000 });
    await coordinator.post("/runner/register", ECHO_RUNNER);
    const poll = coordinator.get(POLL).then(
      () => "answered",
      () => "cut",
    );
    const stream = await fetch(`${coordinator.url}/sse/sessions`);
    const streamed = stream.text().then(
      () => "ended",
      () => "ended",
    );
    await coordinator.polling(ECHO_ID);
    await Promise.all([coordinator.close(), coordinator.close()]);
    await coordinator.close();
    expect(await poll).toBe("cut");
    expect(await streamed).toBe("ended");
    await expect(fetch(coordinator.url)).rejects.toThrow();
  });

  test("ends ghost polls at once when it closes", async () => {
    const coordinator = await started({ pollTimeoutSeconds: 1000, reference: true });
    await coordinator.post("/runner/register", ECHO_RUNNER);
    const poll = coordinator.get(POLL).catch(() => "cut");
    await coordinator.polling(ECHO_ID);
    await coordinator.close();
    expect(await poll).toBe("cut");
  });

  test("closes at the end of the block that uses it", async () => {
    let url = "";
    {
      await using coordinator = await startEmbeddedCoordinator({ port: 0 });
      url = coordinator.url;
      expect((await fetch(`${url}/health`)).status).toBe(200);
    }
    await expect(fetch(url)).rejects.toThrow();
  });
});

function statusFor(port: number, host: string): Promise<number | undefined> {
  const { promise, resolve, reject } = Promise.withResolvers<number | undefined>();
  const asked = request({ port, host: "127.0.0.1", path: "/health", headers: { host } }, (response) => {
    response.resume();
    resolve(response.statusCode);
  });
  asked.once("error", reject);
  asked.end();
  return promise;
}
